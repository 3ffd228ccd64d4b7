/** The networks that are measured, and random data for them. */
import { randomFillSync } from 'node:crypto';
import { Dataset, DynamicConv2D, DynamicConv2DToDense, DynamicDense, DynamicModel } from 'cambium';

/** Rows per step. */
export const BATCH = 100;

/** A chain of 3x3 convolutions of stride 2 and of dense layers. */
export interface Layout {
  /** Shape of one row: `[features]` or `[height, width, channels]`. */
  input: number[];
  /** Filters of each convolution. */
  filters: number[];
  /** Units of each dense layer; the last gives the outputs. */
  units: number[];
}

/** A network that is measured, as plain data: PyTorch's program reads it too. */
export interface Network extends Layout {
  /** What the tables call it. */
  name: string;
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
export function create({ input, filters, units }: Layout, seed: number): Promise<DynamicModel> {
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

/** What each layer holds and costs, first to last: trainable numbers, and multiply-adds of one row on its way forward. */
function layers({ input, filters, units }: Layout): { weights: number; products: number }[] {
  let [side, inputs] = input.length === 3 ? [input[0]!, input[2]!] : [1, input[0]!];
  const costs = [];
  for (const outputs of filters) {
    // No bias: convolutions have none unless asked for.
    costs.push({ weights: 9 * inputs * outputs, products: links(side) ** 2 * inputs * outputs });
    [side, inputs] = [Math.ceil(side / 2), outputs];
  }
  inputs *= side * side;
  for (const outputs of units) {
    costs.push({ weights: (inputs + 1) * outputs, products: inputs * outputs });
    inputs = outputs;
  }
  return costs;
}

/** Trainable numbers, biases included. */
export function weightsOf(layout: Layout): number {
  return layers(layout).reduce((sum, { weights }) => sum + weights, 0);
}

/** Multiply-adds of one row on its way forward, without the biases' additions. */
export function multiplyAdds(layout: Layout): number {
  return layers(layout).reduce((sum, { products }) => sum + products, 0);
}

/** Floating-point operations of a step: forward, both gradients, without the gradient by the input, without the optimiser. */
export function flops(network: Network): number {
  return 2 * BATCH * (3 * multiplyAdds(network) - layers(network)[0]!.products);
}
