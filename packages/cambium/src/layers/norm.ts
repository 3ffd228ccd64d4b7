import { checkFloat, checkOptions } from '../check.ts';
import type { LayerSpec } from '../spec.ts';
import type { Layer } from './options.ts';

/** What both normalisations take. */
export interface NormOptions {
  /** Added to variances, from 1e-12 to 1. @defaultValue 1e-3 */
  epsilon?: number;
}

/** What `BatchNorm` takes. */
export interface BatchNormOptions extends NormOptions {
  /** Share of the moving statistics that a step keeps, from 0 to 0.999999. @defaultValue 0.99 */
  momentum?: number;
}

function epsilonOf({ epsilon }: NormOptions, where: string): { epsilon?: number } {
  return epsilon === undefined ? {} : { epsilon: checkFloat(epsilon, `${where} epsilon`, 1e-12, 1) };
}

/**
 * Normalises each feature (channel) over the rows of the batch and all positions, then scales it by a gain and adds a shift,
 * one each for every feature: `y = gain (x - mean) / sqrt(variance + epsilon) + shift` (Ioffe & Szegedy 2015). The output has
 * the shape of the input.
 *
 * Outside of training steps, where a growth event judges too, moving statistics stand for those of the batch:
 * `moving = momentum x moving + (1 - momentum) x batch` after each step. In the first steps of a feature's life they are plain
 * means over its steps, so that a new feature has statistics of its own after one step; one that is judged before gets those
 * of the rows that judge it. They are saved (`layers.N.running_mean`, `running_var`), but are no weights. Gain and shift
 * (`layers.N.weight`, `bias`) start at 1 and 0 and never decay.
 *
 * Put it behind a layer with `activation: 'linear'`, and an `Activation` behind it.
 */
export class BatchNorm implements Layer {
  readonly type = 'BatchNorm' as const;
  readonly #spec: LayerSpec;

  /** @throws CambiumError `OPTION` */
  constructor(options: BatchNormOptions = {}) {
    checkOptions(options, ['momentum', 'epsilon'], this.type);
    const { momentum } = options;
    this.#spec = {
      type: this.type,
      ...(momentum !== undefined && { momentum: checkFloat(momentum, 'BatchNorm momentum', 0, 0.999999) }),
      ...epsilonOf(options, this.type),
    };
  }

  /** The layer for the engine. */
  lower(): LayerSpec {
    return this.#spec;
  }
}

/**
 * Normalises each row, at each position of an image, over its features (channels), then scales every feature by a gain and
 * adds a shift: `y = gain (x - mean) / sqrt(variance + epsilon) + shift` (Ba, Kiros & Hinton 2016). The output has the shape of
 * the input, and is the same in training and outside of it. Gain and shift (`layers.N.weight`, `bias`) start at 1 and 0 and
 * never decay.
 *
 * A new feature before it changes the outputs even if its outgoing weights are zero, because it takes part in the statistics.
 */
export class LayerNorm implements Layer {
  readonly type = 'LayerNorm' as const;
  readonly #spec: LayerSpec;

  /** @throws CambiumError `OPTION` */
  constructor(options: NormOptions = {}) {
    checkOptions(options, ['epsilon'], this.type);
    this.#spec = { type: this.type, ...epsilonOf(options, this.type) };
  }

  /** The layer for the engine. */
  lower(): LayerSpec {
    return this.#spec;
  }
}
