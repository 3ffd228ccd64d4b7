/** The networks that are measured, and random data for them. */
import { randomFillSync } from 'node:crypto';
import { Activation, BatchNorm, Dataset, DynamicConv2D, DynamicConv2DToDense, DynamicDense, DynamicModel, MaxPooling2D, Residual, type Layer } from 'cambium';

/** Rows per step. */
export const BATCH = 100;

/** 3x3 convolutions, in a chain of stride 2 or around a residual block, and dense layers. */
export interface Layout {
  /** Shape of one row: `[features]` or `[height, width, channels]`. */
  input: number[];
  /** Filters of each convolution; with a residual block those of its stream and those inside it. */
  filters: number[];
  /** Whether there is in place of the chain a convolution, a pooling and a residual block of two convolutions: all of stride 1, with batch norms. */
  residual?: true;
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
export function create(layout: Layout, seed: number): Promise<DynamicModel> {
  const { input, filters, units } = layout;
  const [first, ...rest] = units as [number, ...number[]];
  return DynamicModel.create({
    input,
    layers: [
      ...(layout.residual ? block(layout) : chain(layout)),
      filters.length > 0 ? new DynamicConv2DToDense({ units: first }) : new DynamicDense({ units: first }),
      ...rest.map((count) => new DynamicDense({ units: count })),
    ],
    seed,
  });
}

/** The convolutions, each of which halves the images. */
function chain({ filters }: Layout): Layer[] {
  return filters.map((count) => new DynamicConv2D({ filters: count, kernelSize: 3, strides: 2, padding: 'same' }));
}

/** What makes the stream, and the block. The pooling lies in front of the block, as in the published networks: a quarter of the places, a quarter of the time. */
function block({ filters }: Layout): Layer[] {
  const [stream, inner] = filters as [number, number];
  const convolution = (count: number) => new DynamicConv2D({ filters: count, kernelSize: 3, strides: 1, padding: 'same', activation: 'linear' });
  const normed = (count: number) => [convolution(count), new BatchNorm(), new Activation({ activation: 'relu' })];
  return [...normed(stream), new MaxPooling2D(), new Residual({ layers: [...normed(inner), convolution(stream)] })];
}

/** `batches` full batches of random bytes as features, with random labels. */
export function data({ input, units }: Network, batches: number): Promise<Dataset> {
  const rows = BATCH * batches;
  const classes = units.at(-1)!;
  const x = randomFillSync(new Uint8Array(rows * input.reduce((a, b) => a * b)));
  const y = Uint8Array.from({ length: rows }, () => classes * Math.random());
  return Dataset.from({ x, shape: input, y, scale: 1 / 255, classes });
}

/** A convolution, as its costs need it. */
interface Convolution {
  /** Height and width of the images that it reads. */
  side: number;
  inputs: number;
  outputs: number;
  strides: 1 | 2;
  /** Whether a batch norm follows. */
  normed: boolean;
}

/** The convolutions of a network, first to last. */
function convolutions({ input, filters, residual }: Layout): Convolution[] {
  const [side, channels] = [input[0]!, input[2]!];
  if (!residual) return filters.map((outputs, i) => ({ side: Math.ceil(side / 2 ** i), inputs: filters[i - 1] ?? channels, outputs, strides: 2, normed: false }));
  const [stream, inner] = filters as [number, number];
  const inBlock = { side: Math.floor(side / 2), strides: 1 } as const;
  return [
    { side, inputs: channels, outputs: stream, strides: 1, normed: true },
    { ...inBlock, inputs: stream, outputs: inner, normed: true },
    { ...inBlock, inputs: inner, outputs: stream, normed: false },
  ];
}

/** Places of a window of 3, over one side, that lie on the image and not on the padding. */
function links(side: number, strides: 1 | 2): number {
  return 3 * Math.ceil(side / strides) - (strides === 2 && side % 2 === 0 ? 1 : 2);
}

/** What each layer holds and costs, first to last: trainable numbers, and multiply-adds of one row on its way forward; a norm counts with its convolution. */
function layers(layout: Layout): { weights: number; products: number }[] {
  const before = convolutions(layout);
  // No bias: convolutions have none unless asked for. A norm has a gain and a shift.
  const costs = before.map(({ side, inputs, outputs, strides, normed }) => ({
    weights: 9 * inputs * outputs + (normed ? 2 * outputs : 0),
    products: links(side, strides) ** 2 * inputs * outputs,
  }));
  const last = before.at(-1);
  let inputs = last ? last.outputs * Math.ceil(last.side / last.strides) ** 2 : layout.input.reduce((a, b) => a * b);
  for (const outputs of layout.units) {
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
