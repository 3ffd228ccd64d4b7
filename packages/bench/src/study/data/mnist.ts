/** MNIST from files in its own format. */
import { Dataset } from 'cambium';
import { loadIdx } from 'cambium/data';
import { drawn, filesIn } from './folder.ts';
import { parts, type Source } from './source.ts';

/** Images of the study; of more, so many are drawn. */
const IMAGES = 10_000;

/** Whether there are such files in `folder`. */
export function hasMnist(folder: string): boolean {
  return imageFiles(folder).length > 0;
}

function imageFiles(folder: string): string[] {
  return filesIn(folder, /images[-.]idx3.*$/);
}

/** All images in `folder` in one pool, as plain rows: 70 % to train on, 10 % to decide by, 20 % to test with. */
export async function mnist(folder: string): Promise<Source> {
  const files = imageFiles(folder).map((images) => ({ images, labels: images.replace(/images([-.])idx3([^/]*)$/, 'labels$1idx1$2') }));
  const loaded = await Promise.all(files.map(loadIdx));
  const [x, y] = [joined(loaded.map((file) => file.x)), joined(loaded.map((file) => file.y))];
  const { shape: [height, width], scale } = loaded[0]!;
  const shape = [height! * width!];
  const all = drawn(await Dataset.from({ x, y, shape, scale, classes: 10 }), IMAGES);
  return { shape, outputs: 10, split: async (seed) => parts(all, [0.7, 0.1, 0.2], seed) };
}

function joined(arrays: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(arrays.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of arrays) {
    all.set(one, at);
    at += one.length;
  }
  return all;
}
