import { checkFloat, checkInteger, checkNumber, checkOneOf, checkOptions } from './check.ts';
import { CambiumError } from './errors.ts';
import type { GrowthPlan } from './runtime/protocol.ts';
import type { Summary } from './runtime/reports.ts';

/** When and how the structure changes during a `fit`. Events come before the gradient step. */
export interface GrowthOptions {
  /**
   * `'stochastic'`: `updateFeatures` on scoring rows (add or remove one random feature, kept if loss + weightPenalty x
   * weights does not rise), then `prune` if given. `'pruneExpand'`: prune, then add one random feature, without a test.
   */
  method: 'stochastic' | 'pruneExpand';
  /** Steps from one event to the next, at least 1, counted from the start of the fit. @defaultValue 10 */
  every?: number;
  /** For `'stochastic'`: what one weight costs, in units of the loss, at least 0. @defaultValue 0 */
  weightPenalty?: number;
  /**
   * For `'stochastic'`: the rows that judge, random validation rows or those of the step.
   * @defaultValue `'validation'` with validation data, else `'batch'`
   */
  scoring?: 'validation' | 'batch';
  /** For `'stochastic'`: how many of those rows judge, at most as many as there are. @defaultValue the batch size */
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
/** Of no meaning where nothing is judged. */
const judging = ['weightPenalty', 'scoring', 'scoringRows'] as const;

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
  const idle = judging.find((name) => options[name] !== undefined);
  if (checkOneOf(method, ['stochastic', 'pruneExpand'], 'growth.method') === 'pruneExpand' && idle !== undefined) {
    throw new CambiumError('OPTION', `growth.${idle} is for 'stochastic'; 'pruneExpand' makes its changes without a test`);
  }
  if (checkOneOf(scoring, ['validation', 'batch'], 'growth.scoring') === 'validation' && !hasValidation) {
    throw new CambiumError('OPTION', "growth.scoring 'validation' needs validationData or validationSplit");
  }
  return {
    method,
    every: checkInteger(every, 'growth.every'),
    weightPenalty: checkNumber(weightPenalty, 'growth.weightPenalty', 0),
    scoring,
    ...(scoringRows !== undefined && { scoringRows: checkInteger(scoringRows, 'growth.scoringRows') }),
    ...(prune !== undefined && { prune: checkFloat(prune, 'growth.prune', 0) }),
    until: checkFloat(until, 'growth.until', 0, 1),
  };
}

/** Why nothing grows in a fit of `steps` steps on such a model, or undefined if something may. */
export function whyNothingGrows(summary: Summary, { every, until = 1 }: GrowthPlan, steps: number): string | undefined {
  if (summary.axes.some((axis) => axis.growable)) {
    if (every - 1 < Math.fround(until) * steps) return undefined;
    return `growth is on, but no event comes: the first is due before step ${every}, and the structure rests after ${until} of the fit's ${steps} steps (each fit counts anew)`;
  }
  const reasons = summary.axes.map((axis) => `axis ${axis.axis}: ${axis.reason ?? 'fixed'}`);
  const why = reasons.length > 0 ? reasons.join('; ') : 'it has no layer between two others whose width could change';
  return `growth is on, but no axis of the model can grow (${why}). Use two dynamic layers in a row, such as DynamicDense.`;
}
