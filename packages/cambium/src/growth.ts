import { checkFloat, checkInteger, checkNumber, checkOneOf, checkOptions } from './check.ts';
import { CambiumError } from './errors.ts';
import type { GrowthPlan } from './runtime/protocol.ts';
import type { Summary } from './runtime/reports.ts';

/** When and how the structure changes during a `fit`. Events come before the gradient step. */
export interface GrowthOptions {
  /**
   * `'stochastic'`: `updateFeatures` on scoring rows (add or remove one random feature, kept if loss + weightPenalty x
   * weights does not rise), then `prune` if given. `'pruneExpand'`: prune, then add one random feature, without a test.
   * `'budget'`: in the first quarter of the steps grow to twice `weights` by features that change no output yet, spread over
   * the axes in the proportions that the widths have at the start; from 35 % to 65 % of the steps remove what costs the
   * least loss per weight, by the exact loss without each feature, until at most `weights` are left; then only train.
   */
  method: 'stochastic' | 'pruneExpand' | 'budget';
  /** Steps from one event to the next, at least 1, counted from the start of the fit. @defaultValue 10 */
  every?: number;
  /** For `'stochastic'`: what one weight costs, in units of the loss, at least 0. @defaultValue 0 */
  weightPenalty?: number;
  /** For `'budget'`, which needs it: most weights at the end, biases included. */
  weights?: number;
  /**
   * For `'stochastic'` and `'budget'`: the rows that judge, random rows of the validation or of the training data, or those of
   * the step (not for `'budget'`).
   * @defaultValue `'training'` for `'budget'`; else `'validation'` with validation data and `'batch'` without
   */
  scoring?: 'validation' | 'batch' | 'training';
  /**
   * How many of those rows judge, at most as many as there are; for `'budget'` also at most 512, or fewer where a row takes
   * much memory. @defaultValue the batch size; for `'budget'` the most possible
   */
  scoringRows?: number;
  /**
   * For `'stochastic'` and `'pruneExpand'`: features go whose outgoing weights have an L1 norm below this, at least 0.
   * @defaultValue none for `'stochastic'`, 0.01 for `'pruneExpand'`
   */
  prune?: number;
  /** Share of the steps after which the structure rests, from 0 to 1; more than 0.65 for `'budget'`. @defaultValue 1 */
  until?: number;
}

const known = ['method', 'every', 'weightPenalty', 'weights', 'scoring', 'scoringRows', 'prune', 'until'];
/** The options that only some methods have. */
const special = {
  stochastic: ['weightPenalty', 'scoring', 'scoringRows', 'prune'],
  pruneExpand: ['prune'],
  budget: ['weights', 'scoring', 'scoringRows'],
} as const;
const methods = Object.keys(special) as (keyof typeof special)[];

/** Throws `OPTION` for an option that only other methods have. */
function checkSpecial(options: GrowthOptions): void {
  const of = (method: keyof typeof special): readonly (keyof GrowthOptions)[] => special[method];
  for (const name of new Set(methods.flatMap(of))) {
    if (options[name] === undefined || of(options.method).includes(name)) continue;
    const users = methods.filter((method) => of(method).includes(name));
    throw new CambiumError('OPTION', `growth.${name} is for ${users.map((user) => `'${user}'`).join(' and ')}; '${options.method}' has no use for it`);
  }
}

/** The plan for the engine. Throws `OPTION`. */
export function growthPlan(options: GrowthOptions, hasValidation: boolean): GrowthPlan {
  checkOptions(options, known, 'fit growth');
  const method = checkOneOf(options.method, methods, 'growth.method');
  checkSpecial(options);
  const { every = 10, weightPenalty = 0, weights, scoringRows, prune, until = 1 } = options;
  const { scoring = method === 'budget' ? 'training' : hasValidation ? 'validation' : 'batch' } = options;
  if (checkOneOf(scoring, ['validation', 'batch', 'training'], 'growth.scoring') === 'validation' && !hasValidation) {
    throw new CambiumError('OPTION', "growth.scoring 'validation' needs validationData or validationSplit");
  }
  return {
    method,
    every: checkInteger(every, 'growth.every'),
    weightPenalty: checkNumber(weightPenalty, 'growth.weightPenalty', 0),
    ...(weights !== undefined && { weights: checkInteger(weights, 'growth.weights') }),
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
