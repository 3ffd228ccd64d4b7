import { checkFloat, checkInteger, checkNumber, checkOneOf, checkOptions } from './check.ts';
import { CambiumError } from './errors.ts';
import type { GrowthPlan, Summary } from './runtime/protocol.ts';

/** When and how the structure changes during a `fit`. Events come before the gradient step. */
export interface GrowthOptions {
  /**
   * `'stochastic'`: `updateFeatures` on scoring rows (add or remove one random feature, kept if loss + weightPenalty x
   * weights does not rise), then `prune` if given. `'pruneExpand'`: prune, then add one random feature, without a test.
   */
  method: 'stochastic' | 'pruneExpand';
  /** Steps from one event to the next, at least 1. @defaultValue 10 */
  every?: number;
  /** What one weight costs, in units of the loss, at least 0. @defaultValue 0 */
  weightPenalty?: number;
  /** Rows that judge: random validation rows, or those of the step. @defaultValue `'validation'` with validation data, else `'batch'` */
  scoring?: 'validation' | 'batch';
  /** How many validation rows judge. @defaultValue the batch size */
  scoringRows?: number;
  /**
   * Features go whose outgoing weights have an L1 norm below this, at least 0.
   * @defaultValue none for `'stochastic'`, 0.01 for `'pruneExpand'`
   */
  prune?: number;
  /** Share of the steps after which the structure rests, from 0 to 1. @defaultValue 1 */
  until?: number;
}

const known = ['method', 'every', 'weightPenalty', 'scoring', 'scoringRows', 'prune', 'until'];

/** The plan for the engine. Throws `OPTION`. */
export function growthPlan(options: GrowthOptions, hasValidation: boolean): GrowthPlan {
  checkOptions(options, known, 'fit growth');
  const {
    method,
    every = 10,
    weightPenalty = 0,
    scoring = hasValidation ? 'validation' : 'batch',
    scoringRows,
    prune,
    until = 1,
  } = options;
  if (checkOneOf(scoring, ['validation', 'batch'], 'growth.scoring') === 'validation' && !hasValidation) {
    throw new CambiumError('OPTION', "growth.scoring 'validation' needs validationData or validationSplit");
  }
  return {
    method: checkOneOf(method, ['stochastic', 'pruneExpand'], 'growth.method'),
    every: checkInteger(every, 'growth.every'),
    weightPenalty: checkNumber(weightPenalty, 'growth.weightPenalty', 0),
    scoring,
    ...(scoringRows !== undefined && { scoringRows: checkInteger(scoringRows, 'growth.scoringRows') }),
    ...(prune !== undefined && { prune: checkFloat(prune, 'growth.prune', 0) }),
    until: checkFloat(until, 'growth.until', 0, 1),
  };
}

/** Why nothing can grow in such a model, or undefined if something can. */
export function whyNothingGrows(summary: Summary): string | undefined {
  if (summary.axes.some((axis) => axis.growable)) return undefined;
  const reasons = summary.axes.map((axis) => `axis ${axis.axis}: ${axis.reason ?? 'fixed'}`);
  const why = reasons.length > 0 ? reasons.join('; ') : 'it has no layer between two others whose width could change';
  return `growth is on, but no axis of the model can grow (${why}). Use two dynamic layers in a row, such as DynamicDense.`;
}
