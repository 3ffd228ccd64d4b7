import { CambiumError } from '../errors.ts';
import { loadBytes, unpacked } from './bytes.ts';
import type { LabelledRows } from './digits.ts';

const side = 32;
const plane = side * side;
const record = 1 + 3 * plane;
const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/**
 * Reads files in CIFAR-10's binary format: per image one label byte, then 32x32 bytes each of red, green and blue. The rows
 * come out as 32x32x3, the three colours of a pixel side by side.
 *
 * @param files - contents of one or more files, packed by gzip or not
 * @param fileNames - what messages call them
 * @throws CambiumError `STATE`: a length that is not a multiple of 3,073, or a label above 9
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 */
export async function readCifar10(
  files: Uint8Array | readonly Uint8Array[],
  fileNames: readonly string[] = [],
): Promise<LabelledRows> {
  const list = files instanceof Uint8Array ? [files] : files;
  if (list.length === 0) throw new CambiumError('OPTION', 'readCifar10 needs at least one file');
  const nameOf = (index: number) =>
    fileNames[index] ?? (list.length > 1 ? `CIFAR-10 file ${index}` : 'the CIFAR-10 file');
  const blocks = await Promise.all(list.map((file, index) => unpacked(file, nameOf(index))));
  let rows = 0;
  blocks.forEach((bytes, index) => {
    if (bytes.length === 0 || bytes.length % record !== 0) {
      const found = `${bytes.length} bytes are not a whole number of images of ${record} bytes`;
      throw new CambiumError('STATE', `${nameOf(index)} is not in CIFAR-10's binary format, or truncated: ${found}`);
    }
    rows += bytes.length / record;
  });
  const x = new Uint8Array(rows * 3 * plane);
  const y = new Uint8Array(rows);
  let row = 0;
  blocks.forEach((bytes, index) => {
    for (let at = 0; at < bytes.length; at += record, row++) {
      const label = bytes[at]!;
      if (label > 9)
        throw new CambiumError(
          'STATE',
          `${nameOf(index)}: image ${at / record} has label ${label}; CIFAR-10 has 0 to 9`,
        );
      y[row] = label;
      for (let colour = 0; colour < 3; colour++) {
        const from = at + 1 + colour * plane;
        const to = row * 3 * plane + colour;
        for (let pixel = 0; pixel < plane; pixel++) x[to + 3 * pixel] = bytes[from + pixel]!;
      }
    }
  });
  return { x, y, shape: [side, side, 3], scale: 1 / 255, classes: 10, classNames: [...names] };
}

/**
 * Loads files in CIFAR-10's binary format, packed by gzip or not, as one block of rows.
 *
 * @param files - paths or URLs (in a page a path is relative to it), e.g. of `data_batch_1.bin` to `data_batch_5.bin`
 * @throws CambiumError `LOAD_FAILED`, `STATE`
 */
export async function loadCifar10(files: string | URL | readonly (string | URL)[]): Promise<LabelledRows> {
  const list = Array.isArray(files) ? (files as readonly (string | URL)[]) : [files as string | URL];
  return readCifar10(await Promise.all(list.map(loadBytes)), list.map(String));
}
