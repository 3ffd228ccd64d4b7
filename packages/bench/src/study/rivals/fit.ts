/** One fit, as every rival gets it. */
import { adam, adamw, cosine, type GrowthOptions, type OptimizerSpec } from 'cambium';
import { create, weightsOf, type Layout } from '../../networks.ts';
import { mean } from '../../statistics.ts';
import type { Parts } from '../data/source.ts';
import { meanMultiplyAdds } from './path.ts';

/** What all rivals of one data set and seed share. */
export interface Task {
  parts: Parts;
  seed: number;
  epochs: number;
  batchSize: number;
  /** Decoupled decay of the weights, 0 for none. */
  weightDecay: number;
}

/** How a fit ended. */
export interface Outcome {
  /** On test rows: percent of right ones, or 100 times R2. */
  score: number;
  /** Mean loss on the rows to decide by, at the end. */
  validLoss: number;
  /** Trainable numbers at the end. */
  weights: number;
  /** Processor time of the fit alone, where the engine is inline and of one thread. */
  seconds: number;
  /** Share of the fit's time that its growth events took. */
  eventShare: number;
  /** Multiply-adds of one row forward, the mean over the steps. */
  macs: number;
  /** The network at the end. */
  layout: Layout;
  /** The inputs that it reads, where it does not read all. */
  inputs?: readonly number[];
}

/** The optimiser of all rivals. */
export function optimizerOf(weightDecay: number): OptimizerSpec {
  const rate = { learningRate: 2e-3, schedule: cosine({ start: 0.5, floor: 0.02 }) };
  return weightDecay > 0 ? adamw({ ...rate, weightDecay }) : adam(rate);
}

/** Trains a network of `layout`, which `growth` may change. Validation rows are there for its decisions, test rows are not. */
export async function train(task: Task, layout: Layout, growth?: GrowthOptions, signal?: AbortSignal): Promise<Outcome> {
  const { parts, seed, epochs, batchSize, weightDecay } = task;
  using model = await create(layout, seed);
  const begun = process.threadCpuUsage();
  const history = await model.fit(parts.train, {
    epochs,
    batchSize: Math.min(batchSize, parts.train.rows),
    optimizer: optimizerOf(weightDecay),
    validationData: parts.valid,
    ...(growth && { growth }),
    ...(signal && { signal }),
  });
  const { user, system } = process.threadCpuUsage(begun);
  const seconds = (user + system) / 1e6;
  const { milliseconds, eventMilliseconds } = history.timing;
  const { widths, weightCount: weights } = await model.structure();
  const inputs = (await model.getState()).config.usedInputs;
  const { filters: { length }, units } = layout;
  const end = { ...layout, ...(inputs && { input: [inputs.length] }), filters: widths.slice(0, length), units: [...widths.slice(length), units.at(-1)!] };
  const { loss, accuracy } = await model.evaluate(parts.test);
  const score = 100 * (accuracy ?? 1 - loss / variance(parts.test.y as Float32Array));
  return {
    ...{ score, validLoss: history.epochs.at(-1)!.valLoss!, weights, seconds, eventShare: eventMilliseconds / milliseconds },
    ...{ macs: meanMultiplyAdds(layout, history), layout: end, ...(inputs && { inputs }) },
  };
}

/** The mean squared distance from the mean. */
function variance(values: Float32Array): number {
  const middle = mean([...values]);
  return mean([...values].map((value) => (value - middle) ** 2));
}

/** The width at which a network of one width has the number of weights that is nearest to `weights`. */
export function nearestWidth(layout: (width: number) => Layout, weights: number): number {
  let width = 1;
  while (weightsOf(layout(width + 1)) <= weights) width++;
  const [below, above] = [width, width + 1].map((one) => Math.abs(weightsOf(layout(one)) - weights));
  return above! < below! ? width + 1 : width;
}
