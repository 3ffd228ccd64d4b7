import { checkBoolean, checkFloat, checkInteger, checkNumber, checkOneOf, checkOptions, checkRates, show } from './check.ts';
import { CambiumError } from './errors.ts';
import type { GrowthPlan } from './runtime/protocol.ts';
import type { Summary } from './runtime/reports.ts';

/** When and how the structure changes during a `fit`. Events come before the gradient step. */
export interface GrowthOptions {
  /**
   * How the network finds its widths:
   *
   * - `'auto'`: no knob to set; `growth: 'auto'` is the same. In the first tenth of the steps it grows to 0.5 weights for each
   *   number that is to be fitted (training rows x outputs, or outputs less one behind a softmax; at most 64 times a linear model's
   *   weights), so that the size at the end hardly depends on the one at the start, where that is smaller. From 15 % to 50 % of
   *   the steps features go whose removal costs less than what they save, at a price that rises until 35 % of them: then a weight is worth 10 % of the
   *   loss, shared among all weights (or what `cost` says in place of them). While there are fewer weights than those 0.5, every
   *   event until half of the steps also tries one random feature, which stays if it lowers the loss by a quarter of its price (that is
   *   0 at first: if it does not raise it).
   * - `'price'`: the same with a price of your own.
   * - `'budget'`: to at most `weights` weights at the end, or as many `multiplyAdds` or `microseconds`. In the first tenth of
   *   the steps it grows to two or three times as many, by how many rows there are (with `inputs` at least to 64 for each input
   *   feature); from 15 % to 65 % what costs the least loss for what it saves goes, narrow layers, as shares of the widths at the
   *   start, less readily than wide ones.
   * - `'stochastic'`: `updateFeatures` on scoring rows (add or remove one random feature, kept if loss + weightPenalty x
   *   weights does not rise), then `prune` if given.
   * - `'pruneExpand'`: prune, then add one random feature, without a test.
   * - `'gradMax'` (Evci et al. 2022), `'tiny'` (Verbockhaven et al. 2024), `'split'` (Net2Net, Chen et al. 2016), `'cascade'`
   *   (a pool of candidates, as Fahlman and Lebiere 1990): to that limit by half of the steps, nothing removed, new
   *   features made as published. For comparison: on the digits all of them end below `'budget'`. The first two look at
   *   features between dense layers, the pool at those that no norm and no residual block reads; elsewhere random ones come.
   *
   * In `'auto'`, `'price'` and `'budget'` new features that are not tried change no output yet (random ones with outgoing weights
   * of zero), and a removal is judged by the exact loss once the remaining features have taken over what they can of its work. In
   * `'budget'` they do so at once; in `'auto'` and `'price'` that is left to training where hidden features are read as one value for
   * each row, as in dense layers and behind global pooling, and done at once for features of the rows and maps of convolutions.
   */
  method: 'auto' | 'price' | 'budget' | 'stochastic' | 'pruneExpand' | 'gradMax' | 'tiny' | 'split' | 'cascade';
  /**
   * Steps from one event to the next, at least 1, counted from the start of the fit. But for `'stochastic'` and `'pruneExpand'`
   * it is refused where no event would come when features are due. @defaultValue 10 for `'stochastic'` and
   * `'pruneExpand'`, a fortieth of the fit's steps for `'auto'` and `'price'`, else a thirtieth, at most 100
   */
  every?: number;
  /**
   * For `'price'`: how many per cent of the loss the removal of one per cent of the weights (or of what `cost` says) may cost, at
   * least 0. Larger prices give smaller networks. @defaultValue 0.1
   */
  price?: number;
  /**
   * For `'auto'` and `'price'`: what a network costs. `'weights'`: its trainable numbers. `'multiplyAdds'`: those of one row on
   * its way forward, so that a convolution pays for every place it is applied at. `'microseconds'`: what they take on this machine
   * in a step, forward and back, for one row, by `rates`. @defaultValue 'weights'
   */
  cost?: 'weights' | 'multiplyAdds' | 'microseconds';
  /**
   * Most weights at the end, biases included: a whole number, for `'budget'` at least as many as the model has at its least
   * widths, for the others at least as many as it has now, and at most 1e9. `'budget'`, `'gradMax'`, `'tiny'`, `'split'` and
   * `'cascade'` need this, `multiplyAdds` or `microseconds`, and one of them alone.
   */
  weights?: number;
  /** In place of `weights`: most multiply-adds of one row on its way forward, without biases and norms; above 0. */
  multiplyAdds?: number;
  /** In place of `weights`: most microseconds of one row in a step, forward and back, by `rates`; above 0. */
  microseconds?: number;
  /**
   * Where microseconds count: nanoseconds of a multiply-add of each layer, one number for each of `structure().layers`, above 0
   * for dense layers and convolutions. The model keeps them, in files too; a layer that comes takes the rate of the one before it.
   * @defaultValue those that the model has; where it has none, `measureRates` finds them once, before the first step
   */
  rates?: readonly number[];
  /**
   * For `'auto'`, `'price'` and `'budget'`: whether features of the rows may go too, those most like them taking over. Rows,
   * predictions and saved arrays keep them. `true` is refused where none can go: rows are images, the layer that reads them has a
   * fixed width, or its `minInputs` are all there are. @defaultValue true where some can go and there are at least 1,000 rows
   */
  inputs?: boolean;
  /**
   * For `'auto'` and `'price'`: whether layers may come and go too. Where widths no longer grow, a layer that changes next to
   * nothing comes behind dense features with ReLU; a twentieth of the steps later it stays if the loss without it is higher by more than it
   * costs. Once removals begin, two dense layers one right behind the other become one where that costs less than it saves.
   * A network that can take no layer and lose none is refused. @defaultValue false
   */
  depth?: boolean;
  /** For `'stochastic'`: what one weight costs, in units of the loss, at least 0. @defaultValue 0 */
  weightPenalty?: number;
  /**
   * The rows that judge (not for `'pruneExpand'`): random rows of the validation or of the training data, or, for
   * `'stochastic'`, those of the step. `'validation'` is refused without validation data.
   * @defaultValue for `'auto'`, `'price'` and `'stochastic'` `'validation'` with validation data, and without `'training'`
   *   (`'batch'` for `'stochastic'`); else `'training'`
   */
  scoring?: 'validation' | 'batch' | 'training';
  /**
   * How many of those rows judge: at least 1, at most as many as there are, and but for `'stochastic'` at most 512, or fewer where a
   * row takes much memory. @defaultValue the batch size for `'stochastic'`, else the batch size, but at least 128; as many as may
   * judge where that is fewer
   */
  scoringRows?: number;
  /**
   * For `'stochastic'` and `'pruneExpand'`: features go whose outgoing weights have an L1 norm below this, at least 0.
   * @defaultValue none for `'stochastic'`, 0.01 for `'pruneExpand'`
   */
  prune?: number;
  /**
   * Share of the steps after which the structure rests, from 0 to 1; more than 0.65 for `'budget'`, more than 0.35 for `'auto'` and
   * `'price'`, with `depth` at least 0.5; for `'gradMax'`, `'tiny'`, `'split'` and `'cascade'` late enough for an event when half
   * of the steps are done. @defaultValue 1
   */
  until?: number;
}

const limit = ['weights', 'multiplyAdds', 'microseconds', 'rates'] as const;
/** The options that only some methods have. */
const special = {
  auto: ['cost', 'rates', 'inputs', 'depth', 'scoring', 'scoringRows'],
  price: ['price', 'cost', 'rates', 'inputs', 'depth', 'scoring', 'scoringRows'],
  budget: [...limit, 'inputs', 'scoring', 'scoringRows'],
  stochastic: ['weightPenalty', 'scoring', 'scoringRows', 'prune'],
  pruneExpand: ['prune'],
  gradMax: [...limit, 'scoring', 'scoringRows'],
  tiny: [...limit, 'scoring', 'scoringRows'],
  split: [...limit, 'scoring', 'scoringRows'],
  cascade: [...limit, 'scoring', 'scoringRows'],
} as const;
const methods = Object.keys(special) as (keyof typeof special)[];
const known = ['method', 'every', 'until', ...new Set(Object.values(special).flat())];

/** The rows that judge where nothing is said. */
function usualScoring(method: GrowthOptions['method'], hasValidation: boolean): 'validation' | 'batch' | 'training' {
  if (method === 'stochastic' || method === 'pruneExpand') return hasValidation ? 'validation' : 'batch';
  return hasValidation && (method === 'auto' || method === 'price') ? 'validation' : 'training';
}

/**
 * Steps between events where nothing is said: for the methods that score many features at once a thirtieth of the fit, at most
 * 100. On the digits networks of four budgets ended alike with 75 to 200 of 3,000 steps between events (20 seeds). A price has its
 * work done by half of the steps: with a thirtieth the digits ended at 2,100 weights, with a fortieth, as good, at 1,650 (20 seeds).
 */
function usualEvery(method: GrowthOptions['method'], steps: number): number {
  if (method === 'stochastic' || method === 'pruneExpand') return 10;
  const events = method === 'auto' || method === 'price' ? 40 : 30;
  return Math.min(100, Math.max(1, Math.round(steps / events)));
}

/** Throws `OPTION` for an option that only other methods have. */
function checkSpecial(options: GrowthOptions): void {
  const of = (method: keyof typeof special): readonly (keyof GrowthOptions)[] => special[method];
  for (const name of new Set(methods.flatMap(of))) {
    if (options[name] === undefined || of(options.method).includes(name)) continue;
    const users = methods.filter((method) => of(method).includes(name));
    throw new CambiumError('OPTION', `growth.${name} is for ${users.map((user) => `'${user}'`).join(', ')}; '${options.method}' has no use for it`);
  }
}

/** The plan for the engine, for a fit of `steps` steps. Throws `OPTION`. */
export function growthPlan(asked: GrowthOptions | 'auto', hasValidation: boolean, steps: number): GrowthPlan {
  const options: GrowthOptions = asked === 'auto' ? { method: 'auto' } : asked;
  if (typeof options === 'string') throw new CambiumError('OPTION', `growth is ${show(options)}; use 'auto', or an object such as { method: 'price' }`);
  checkOptions(options, known, 'fit growth');
  const method = checkOneOf(options.method, methods, 'growth.method');
  checkSpecial(options);
  const { weightPenalty = 0, price, cost, weights, multiplyAdds, microseconds, rates, inputs, depth, scoringRows, prune, until = 1 } = options;
  const { every = usualEvery(method, steps), scoring = usualScoring(method, hasValidation) } = options;
  if (checkOneOf(scoring, ['validation', 'batch', 'training'], 'growth.scoring') === 'validation' && !hasValidation) {
    throw new CambiumError('OPTION', "growth.scoring 'validation' needs validationData or validationSplit");
  }
  if (rates !== undefined && cost !== 'microseconds' && microseconds === undefined) {
    throw new CambiumError('OPTION', 'growth.rates are for microseconds, which this growth does not count');
  }
  return {
    method,
    every: checkInteger(every, 'growth.every'),
    weightPenalty: checkNumber(weightPenalty, 'growth.weightPenalty', 0),
    ...(price !== undefined && { price: checkNumber(price, 'growth.price', 0) }),
    ...(cost !== undefined && { cost: checkOneOf(cost, ['weights', 'multiplyAdds', 'microseconds'], 'growth.cost') }),
    ...(inputs !== undefined && { inputs: checkBoolean(inputs, 'growth.inputs') }),
    ...(depth !== undefined && { depth: checkBoolean(depth, 'growth.depth') }),
    ...(weights !== undefined && { weights: checkInteger(weights, 'growth.weights') }),
    ...(multiplyAdds !== undefined && { multiplyAdds: checkNumber(multiplyAdds, 'growth.multiplyAdds', 0, Infinity, 'least') }),
    ...(microseconds !== undefined && { microseconds: checkNumber(microseconds, 'growth.microseconds', 0, Infinity, 'least') }),
    ...(rates !== undefined && { rates: checkRates(rates, 'growth.rates') }),
    scoring,
    ...(scoringRows !== undefined && { scoringRows: checkInteger(scoringRows, 'growth.scoringRows') }),
    ...(prune !== undefined && { prune: checkFloat(prune, 'growth.prune', 0) }),
    until: checkFloat(until, 'growth.until', 0, 1),
  };
}

/** Whether `plan` counts microseconds. */
export function countsTime({ cost, microseconds }: GrowthPlan): boolean {
  return cost === 'microseconds' || microseconds !== undefined;
}

/** Rows with which the engine drops features of the rows unasked. */
const ROWS_TO_DROP_INPUTS = 1000;

/** Whether features of the rows may go. */
function mayDropInputs({ minInputs }: Summary, { method, inputs }: GrowthPlan, rows: number): boolean {
  return inputs ?? ((special[method] as readonly string[]).includes('inputs') && minInputs !== undefined && rows >= ROWS_TO_DROP_INPUTS);
}

/** Why nothing grows in a fit of `steps` steps on such a model, or undefined if something may. */
export function whyNothingGrows(summary: Summary, plan: GrowthPlan, { steps, rows }: { steps: number; rows: number }): string | undefined {
  const { every, until = 1 } = plan;
  if (mayDropInputs(summary, plan, rows) || summary.axes.some((axis) => axis.growable)) {
    if (every - 1 < Math.fround(until) * steps) return undefined;
    return `growth is on, but no event comes: the first is due before step ${every}, and the structure rests after ${until} of the fit's ${steps} steps (each fit counts anew)`;
  }
  const reasons = summary.axes.map((axis) => `axis ${axis.axis}: ${axis.reason ?? 'fixed'}`);
  const why = reasons.length > 0 ? reasons.join('; ') : 'it has no layer between two others whose width could change';
  return `growth is on, but no axis of the model can grow (${why}). Use two dynamic layers in a row, such as DynamicDense.`;
}
