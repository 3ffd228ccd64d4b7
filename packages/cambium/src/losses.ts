import { checkFloat, checkTagged, show } from './check.ts';
import { CambiumError } from './errors.ts';
import type { LossSpec } from './runtime/protocol.ts';

/**
 * A loss of your own, computed in JavaScript. It runs between the two passes of a step; calls on the model that are made
 * meanwhile wait for the end of the step.
 *
 * @param logits - raw outputs, rows x outputs, row by row
 * @param targets - of the same rows: labels (rows) or values (rows x width); undefined if the data set has none
 * @param shape - `[rows, outputs]`
 * @returns `loss`: one number for the batch (usually the mean over its rows); `gradient`: its derivative by each logit,
 *   as long as `logits`. Both must be finite.
 */
export type CustomLoss = (
  logits: Float32Array,
  targets: Uint32Array | Float32Array | undefined,
  shape: readonly [rows: number, outputs: number],
) => { loss: number; gradient: Float32Array };

/** Softmax cross-entropy of logits, mean over rows: `-sum_j t_j ln softmax(z)_j`. Targets are labels, or one row of probabilities (one-hot) each. */
export function softmaxCrossEntropy(): LossSpec {
  return { type: 'softmaxCrossEntropy' };
}

/** Sigmoid cross-entropy of logits, mean over rows and outputs: `-t ln s(z) - (1 - t) ln(1 - s(z))`. Targets lie between 0 and 1. */
export function binaryCrossEntropy(): LossSpec {
  return { type: 'binaryCrossEntropy' };
}

/** Squared difference of outputs and targets, mean over rows and outputs: `(z - t)^2`. */
export function meanSquaredError(): LossSpec {
  return { type: 'meanSquaredError' };
}

/**
 * Huber loss, mean over rows and outputs: `d^2 / 2` for `|d| <= delta`, `delta (|d| - delta / 2)` beyond, with `d = z - t`
 * (Huber 1964).
 *
 * @param delta - above 0. @defaultValue 1
 * @throws CambiumError `OPTION`
 */
export function huber(delta = 1): LossSpec {
  return { type: 'huber', delta: checkFloat(delta, 'huber delta', 0, Infinity, 'least') };
}

const kinds = {
  softmaxCrossEntropy: {},
  binaryCrossEntropy: {},
  meanSquaredError: {},
  huber: { delta: (value: unknown, name: string) => checkFloat(value, name, 0, Infinity, 'least') },
};

/** Throws `OPTION` unless `loss` is one of the losses above; gives a copy. */
export function checkLoss(loss: unknown, name: string): LossSpec {
  if (typeof loss !== 'object' || loss === null) {
    throw new CambiumError('OPTION', `${name} must be one such as softmaxCrossEntropy(), not ${show(loss)}`);
  }
  return checkTagged<LossSpec>(loss, kinds, name);
}

/** Throws `OPTION` unless `loss` is a function. */
export function checkCustomLoss(loss: unknown, where: string): CustomLoss {
  if (typeof loss !== 'function') {
    const hint = 'other losses are chosen in DynamicModel.create';
    throw new CambiumError('OPTION', `loss in ${where} must be a function, not ${show(loss)}; ${hint}`);
  }
  return loss as CustomLoss;
}
