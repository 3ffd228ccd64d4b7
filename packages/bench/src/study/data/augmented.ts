/** Mild augmentation, made once. */
import type { Dataset } from 'cambium';
import type { Augmentation } from '../subjects.ts';
import { like } from './source.ts';

/** The images of `train`, and each once more, moved by some pixels (the border repeated) and mirrored or not, by `seed`. */
export async function augmented(train: Dataset, { image, shift, mirrored }: Augmentation, seed: number): Promise<Dataset> {
  const [height, width, channels] = image;
  const size = height * width * channels;
  const x = new (train.x.constructor as typeof Uint8Array | typeof Float32Array)(2 * train.x.length);
  x.set(train.x);
  const below = draws(seed);
  for (let row = 0; row < train.rows; row++) {
    const [down, right, turned] = [below(2 * shift + 1) - shift, below(2 * shift + 1) - shift, below(2) === 1 && mirrored];
    const [from, to] = [row * size, (train.rows + row) * size];
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const column = inside(turned ? width - 1 - j + right : j + right, width);
        const source = from + (inside(i + down, height) * width + column) * channels;
        x.set(train.x.subarray(source, source + channels), to + (i * width + j) * channels);
      }
    }
  }
  const labels = train.y as Uint32Array;
  const y = new Uint32Array(2 * train.rows);
  y.set(labels);
  y.set(labels, train.rows);
  return like(train, x, train.shape, y);
}

function inside(at: number, length: number): number {
  return Math.min(length - 1, Math.max(0, at));
}

/** Whole numbers below `n`: a linear congruential generator (Numerical Recipes), its high bits. */
function draws(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}
