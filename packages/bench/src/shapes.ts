/** The kernels' shapes: what networks have, and others, so that nothing is tuned to one shape. */

/** A dense layer: `rows` x `inputs` times `inputs` x `outputs`. */
export interface DenseShape {
  rows: number;
  inputs: number;
  outputs: number;
}

/** A 3x3 convolution with padding `same` over square images. */
export interface ConvShape {
  images: number;
  side: number;
  inputs: number;
  outputs: number;
  stride: number;
}

/** What a kernel computes: outputs, gradient by the weights, or gradient by the inputs. The index is the module's number. */
export const forms = ['forward', 'weights', 'inputs'] as const;

/** One of {@link forms}. */
export type Form = (typeof forms)[number];

/** A measured shape; `quick` ones are in every run. */
export type Measured<Shape> = Shape & { quick: boolean };

function dense(rows: number, inputs: number, outputs: number, quick = false): Measured<DenseShape> {
  return { rows, inputs, outputs, quick };
}

function conv(side: number, inputs: number, outputs: number, stride: number, quick = false): Measured<ConvShape> {
  return { images: 100, side, inputs, outputs, stride, quick };
}

/** Narrow, common, odd and one that outgrows the caches. */
export const denseShapes: readonly Measured<DenseShape>[] = [
  dense(100, 64, 1),
  dense(100, 64, 3),
  dense(100, 16, 10, true),
  dense(100, 16, 16),
  dense(100, 64, 16, true),
  dense(100, 784, 8),
  dense(100, 100, 30),
  dense(100, 32, 32, true),
  dense(100, 37, 53, true),
  dense(96, 64, 64),
  dense(100, 128, 64, true),
  dense(96, 128, 128),
  dense(100, 784, 128, true),
  dense(96, 256, 256),
  dense(100, 500, 300),
  dense(100, 512, 512, true),
  dense(100, 784, 512),
  dense(100, 2048, 2048, true),
];

/** Planes of 32, 16 and 8, from 3 to 64 channels, some of them odd as in networks that have grown; none takes more than some tens of milliseconds. */
export const convShapes: readonly Measured<ConvShape>[] = [
  conv(32, 3, 4, 1),
  conv(32, 3, 4, 2, true),
  conv(32, 3, 16, 1),
  conv(32, 3, 16, 2, true),
  conv(32, 4, 4, 1),
  conv(16, 4, 4, 1),
  conv(16, 4, 4, 2, true),
  conv(8, 4, 4, 2),
  conv(16, 5, 7, 1),
  conv(16, 13, 21, 1),
  conv(16, 13, 21, 2),
  conv(32, 16, 16, 1),
  conv(32, 16, 16, 2),
  conv(16, 16, 16, 1),
  conv(16, 16, 16, 2, true),
  conv(8, 16, 16, 2),
  conv(16, 32, 32, 1),
  conv(16, 32, 32, 2),
  conv(8, 32, 32, 1),
  conv(8, 32, 32, 2),
  conv(16, 64, 64, 2, true),
  conv(8, 64, 64, 1),
  conv(8, 64, 64, 2),
];
