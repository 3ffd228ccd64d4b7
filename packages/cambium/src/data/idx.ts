import { size } from '../check.ts';
import { CambiumError } from '../errors.ts';
import { loadBytes, unpacked } from './bytes.ts';
import type { LabelledRows } from './digits.ts';

/** The contents of an IDX file. */
export interface IdxArray {
  /** All numbers, the last index running fastest. */
  data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;
  /** Sizes, outermost first. */
  shape: number[];
}

const readers: Record<
  number,
  { Type: { new (length: number): IdxArray['data']; BYTES_PER_ELEMENT: number }; get: keyof DataView }
> = {
  0x08: { Type: Uint8Array, get: 'getUint8' },
  0x09: { Type: Int8Array, get: 'getInt8' },
  0x0b: { Type: Int16Array, get: 'getInt16' },
  0x0c: { Type: Int32Array, get: 'getInt32' },
  0x0d: { Type: Float32Array, get: 'getFloat32' },
  0x0e: { Type: Float64Array, get: 'getFloat64' },
};

/**
 * Reads an IDX file (MNIST's format): two zero bytes, the type, the number of sizes, the sizes, the numbers, big endian.
 *
 * @param file - its contents, packed by gzip or not
 * @param name - what messages call it
 * @throws CambiumError `STATE`: another format, truncated, or with bytes left over
 * @see https://github.com/cvdfoundation/mnist
 */
export async function readIdx(file: Uint8Array, name: string = 'the IDX file'): Promise<IdxArray> {
  const bytes = await unpacked(file, name);
  const reader = bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 ? readers[bytes[2]!] : undefined;
  const dimensions = bytes[3] ?? 0;
  if (!reader || dimensions === 0) {
    const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new CambiumError(
      'STATE',
      `${name} is not an IDX file: it begins with ${start || 'nothing'}, not with 00 00, a type and a number of sizes`,
    );
  }
  const start = 4 + 4 * dimensions;
  if (bytes.length < start)
    throw new CambiumError('STATE', `${name} is truncated: its header needs ${start} bytes, it has ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const { Type, get } = reader;
  const expected = start + size(shape) * Type.BYTES_PER_ELEMENT;
  if (bytes.length !== expected) {
    const what = bytes.length < expected ? 'is truncated' : 'has bytes left over';
    throw new CambiumError(
      'STATE',
      `${name} ${what}: shape [${shape.join(', ')}] makes ${expected} bytes, it has ${bytes.length}`,
    );
  }
  if (Type === Uint8Array) return { data: bytes.slice(start), shape };
  const data = new Type(size(shape));
  const read = (view[get] as (offset: number) => number).bind(view);
  for (let i = 0; i < data.length; i++) data[i] = read(start + i * Type.BYTES_PER_ELEMENT);
  return { data, shape };
}

/**
 * Loads images and labels in IDX files, packed by gzip or not, such as MNIST. The shape of a row is
 * `[height, width, 1]`; for dense layers set it to `[height * width]`.
 *
 * @param files - `images`, `labels`: paths or URLs; in a page a path is relative to it
 * @throws CambiumError `LOAD_FAILED`, `STATE`, `SHAPE` where images and labels do not match
 * @example `const train = await Dataset.from(await loadIdx({ images: 'train-images-idx3-ubyte.gz', labels: 'train-labels-idx1-ubyte.gz' }));`
 */
export async function loadIdx(files: { images: string | URL; labels: string | URL }): Promise<LabelledRows> {
  const [images, labels] = await Promise.all(
    [files.images, files.labels].map(async (file) => readIdx(await loadBytes(file), String(file))),
  );
  const { data: x, shape } = images!;
  const { data: y } = labels!;
  if (!(x instanceof Uint8Array) || shape.length !== 3) {
    throw new CambiumError(
      'SHAPE',
      `${String(files.images)} has shape [${shape.join(', ')}]; images are bytes of images x height x width`,
    );
  }
  if (!(y instanceof Uint8Array) || labels!.shape.length !== 1 || y.length !== shape[0]) {
    const found = labels!.shape.join(', ');
    throw new CambiumError(
      'SHAPE',
      `${String(files.labels)} has shape [${found}]; ${shape[0]} images need ${shape[0]} labels (bytes)`,
    );
  }
  const classes = Math.max(2, 1 + y.reduce((most, label) => Math.max(most, label), 0));
  const classNames = Array.from({ length: classes }, (_, i) => String(i));
  return { x, y, shape: [shape[1]!, shape[2]!, 1], scale: 1 / 255, classes, classNames };
}
