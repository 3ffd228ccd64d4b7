/** The networks that are measured, and random data for them. */
import { randomFillSync } from 'node:crypto';
import { Dataset, DynamicConv2D, DynamicConv2DToDense, DynamicDense, DynamicModel } from 'cambium';

/** Rows per step. */
export const BATCH = 100;

/** A chain of 3x3 convolutions of stride 2 and of dense layers, as plain data: PyTorch's program reads it too. */
export interface Network {
  /** What the tables call it. */
  name: string;
  /** Shape of one row: `[features]` or `[height, width, channels]`. */
  input: number[];
  /** Filters of each convolution. */
  filters: number[];
  /** Units of each dense layer; the last gives the classes. */
  units: number[];
  /**
   * Batches in the data set: an epoch of them takes some milliseconds at least, beside which the end of an epoch counts
   * little, and some hundred milliseconds at most, so that one is a sample.
   */
  batches: number;
}

function dense(batches: number, ...widths: [number, ...number[]]): Network {
  const [inputs, ...units] = widths;
  return { name: widths.join('-'), input: [inputs], filters: [], units, batches };
}

/** The convolutional network of the recipes on CIFAR-10, with `f` channels in place of 4. */
function cifar(f: number, batches: number): Network {
  return { name: `CIFAR f=${f}`, input: [32, 32, 3], filters: [f, f, f, f], units: [10, 10, 10], batches };
}

/** From a net whose step is ruled by overhead to nets that are ruled by arithmetic or by memory. */
export const networks: readonly Network[] = [
  dense(200, 64, 16, 16, 10),
  dense(100, 784, 32, 10),
  dense(20, 784, 128, 64, 10),
  dense(10, 784, 512, 512, 10),
  dense(20, 3072, 32, 32, 10),
  cifar(4, 20),
  cifar(16, 10),
  cifar(64, 4),
];

/** A model with the weights of `seed`. */
export function create({ input, filters, units }: Network, seed: number): Promise<DynamicModel> {
  const [first, ...rest] = units as [number, ...number[]];
  return DynamicModel.create({
    input,
    layers: [
      ...filters.map((count) => new DynamicConv2D({ filters: count, kernelSize: 3, strides: 2, padding: 'same' })),
      filters.length > 0 ? new DynamicConv2DToDense({ units: first }) : new DynamicDense({ units: first }),
      ...rest.map((count) => new DynamicDense({ units: count })),
    ],
    seed,
  });
}

/** `batches` full batches of random bytes as features, with random labels. */
export function data({ input, units }: Network, batches: number): Promise<Dataset> {
  const rows = BATCH * batches;
  const classes = units.at(-1)!;
  const x = randomFillSync(new Uint8Array(rows * input.reduce((a, b) => a * b)));
  const y = Uint8Array.from({ length: rows }, () => classes * Math.random());
  return Dataset.from({ x, shape: input, y, scale: 1 / 255, classes });
}

/** Places of a window of 3 and stride 2, over one side, that lie on the image and not on the padding. */
function links(side: number): number {
  return 3 * Math.ceil(side / 2) - (side % 2 === 0 ? 1 : 2);
}

/** Floating-point operations of a step: forward, both gradients, without the gradient by the input, without the optimiser. */
export function flops({ input, filters, units }: Network): number {
  let [side, inputs] = input.length === 3 ? [input[0]!, input[2]!] : [1, input[0]!];
  const layers: number[] = [];
  for (const outputs of filters) {
    layers.push(links(side) ** 2 * inputs * outputs);
    [side, inputs] = [Math.ceil(side / 2), outputs];
  }
  inputs *= side * side;
  for (const outputs of units) {
    layers.push(inputs * outputs);
    inputs = outputs;
  }
  return 2 * BATCH * (3 * layers.reduce((sum, one) => sum + one, 0) - layers[0]!);
}
