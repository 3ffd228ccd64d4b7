import { checkOptions } from '../check.ts';
import type { LayerSpec } from '../spec.ts';
import { lowerList } from './lower.ts';
import type { Layer } from './options.ts';

/**
 * A residual block: its layers one after the other, and their output added to what the block reads (He et al. 2016),
 * `y = x + f(x)`. What goes in and what comes out have the same shape. Blocks can lie in blocks.
 *
 * In the engine a block is its layers and an `Add` behind them, each with its own index in `layers.N` and in summaries. The
 * addition makes one axis of the features that go in and those that come out: a feature more is one more in every layer that
 * makes or reads the stream. The axes between the layers of a block grow by themselves. The stream keeps its width where a
 * fixed layer, the model's inputs or its outputs are part of it.
 *
 * ```ts
 * const block = new Residual({
 *   layers: [
 *     new DynamicConv2D({ filters: 8, strides: 1 }),
 *     new DynamicConv2D({ filters: 16, strides: 1, activation: 'linear' }), // as many as the block reads
 *   ],
 * });
 * ```
 */
export class Residual implements Layer {
  readonly type = 'Residual' as const;
  /** What the block does to what it reads, first to last. */
  readonly layers: readonly (Layer | LayerSpec)[];

  /**
   * @param options - `layers`: at least one; the last linear one gives as many features as the block reads
   * @throws CambiumError `OPTION`; the model's creation throws `SHAPE` where the shapes differ
   */
  constructor(options: { layers: readonly (Layer | LayerSpec)[] }) {
    checkOptions(options, ['layers'], this.type);
    this.layers = options.layers;
    this.lower(1, 0);
  }

  /** The layers for the engine. */
  lower(inputs: number, index: number): LayerSpec[] {
    return [...lowerList(this.layers, 'Residual layers', inputs, index), { type: 'Add', from: index }];
  }
}
