import { checkBoolean, checkFloat, checkInteger, checkOptions } from './check.ts';
import { checkSchedule, ranges } from './optimizer-check.ts';
import type { OptimizerMethod, OptimizerSpec, Schedule } from './spec.ts';

/** What every optimiser takes. */
export interface OptimizerOptions {
  /** Step size before the schedule, above 0, at most 1e6. @defaultValue 1e-3; 1e-2 for `sgd` */
  learningRate?: number;
  /** How the step size changes over a `fit`; outside `fit` it is constant. @defaultValue `constant()` */
  schedule?: Schedule;
  /** Gradients are scaled down so that their norm over the whole model is at most this, 1e-12 to 1e12. @defaultValue no limit */
  clipNorm?: number;
  /** Each gradient entry is cut to `[-clipValue, clipValue]`, 1e-12 to 1e12. @defaultValue no limit */
  clipValue?: number;
}

/** What `adam` takes. */
export interface AdamOptions extends OptimizerOptions {
  /** Decay of the first moment, from 0 to 0.999999. @defaultValue 0.9 */
  beta1?: number;
  /** Decay of the second moment, from 0 to 0.999999. @defaultValue 0.999 */
  beta2?: number;
  /** Added to the root of the second moment, 1e-20 to 1. @defaultValue 1e-8 */
  epsilon?: number;
  /** One step count per layer, as in the reference implementation, in place of one per weight by its age. @defaultValue false */
  sharedStepCount?: boolean;
}

const shared = ['learningRate', 'schedule', 'clipNorm', 'clipValue'];

function make(method: OptimizerMethod, options: OptimizerOptions, learningRate: number, where: string): OptimizerSpec {
  const { schedule, clipNorm, clipValue } = options;
  return {
    method,
    learningRate: checkFloat(options.learningRate ?? learningRate, `${where} learningRate`, ...ranges.learningRate, 'least'),
    ...(schedule !== undefined && { schedule: checkSchedule(schedule, `${where} schedule`) }),
    ...(clipNorm !== undefined && { clipNorm: checkFloat(clipNorm, `${where} clipNorm`, ...ranges.clip) }),
    ...(clipValue !== undefined && { clipValue: checkFloat(clipValue, `${where} clipValue`, ...ranges.clip) }),
  };
}

function adamMethod(options: AdamOptions & { weightDecay?: number }, where: string): OptimizerMethod {
  checkOptions(
    options,
    [...shared, 'beta1', 'beta2', 'epsilon', 'sharedStepCount', ...(where === 'adamw' ? ['weightDecay'] : [])],
    where,
  );
  return {
    type: 'adam',
    beta1: checkFloat(options.beta1 ?? 0.9, `${where} beta1`, ...ranges.decay),
    beta2: checkFloat(options.beta2 ?? 0.999, `${where} beta2`, ...ranges.decay),
    epsilon: checkFloat(options.epsilon ?? 1e-8, `${where} epsilon`, ...ranges.epsilon),
    weightDecay: checkFloat(options.weightDecay ?? 0, `${where} weightDecay`, ...ranges.weightDecay),
    sharedStepCount: checkBoolean(options.sharedStepCount ?? false, `${where} sharedStepCount`),
  };
}

/**
 * Adam (Kingma & Ba 2015) in the form with `epsilon` beside the uncorrected second moment. Each weight's step count is the
 * age of its younger end, so that newborn weights take steps of the usual size.
 *
 * @throws CambiumError `OPTION`
 */
export function adam(options: AdamOptions = {}): OptimizerSpec {
  return make(adamMethod(options, 'adam'), options, 1e-3, 'adam');
}

/**
 * Adam with decoupled decay (Loshchilov & Hutter 2019): weights, not biases, shrink by `learningRate * weightDecay` a step.
 *
 * @param options - those of `adam`, and `weightDecay`, 0 to 1e6. @defaultValue weightDecay 0.01
 * @throws CambiumError `OPTION`
 */
export function adamw(options: AdamOptions & { weightDecay?: number } = {}): OptimizerSpec {
  return make(adamMethod({ weightDecay: 0.01, ...options }, 'adamw'), options, 1e-3, 'adamw');
}

/**
 * Stochastic gradient descent with momentum: `v = momentum v + g`, `w -= learningRate v`.
 *
 * @param options - `momentum`: from 0 to 0.999999; `weightDecay`: decoupled, of weights, not biases, 0 to 1e6.
 *   @defaultValue learningRate 0.01, momentum 0, weightDecay 0
 * @throws CambiumError `OPTION`
 */
export function sgd(options: OptimizerOptions & { momentum?: number; weightDecay?: number } = {}): OptimizerSpec {
  checkOptions(options, [...shared, 'momentum', 'weightDecay'], 'sgd');
  const momentum = checkFloat(options.momentum ?? 0, 'sgd momentum', ...ranges.decay);
  const weightDecay = checkFloat(options.weightDecay ?? 0, 'sgd weightDecay', ...ranges.weightDecay);
  return make({ type: 'sgd', momentum, weightDecay }, options, 1e-2, 'sgd');
}

/** The learning rate does not change. */
export function constant(): Schedule {
  return { type: 'constant' };
}

/** When a decay begins and where it ends. */
export interface DecayOptions {
  /** Share of the steps before the decay begins, from 0 to below 1. @defaultValue 0 */
  start?: number;
  /** Last factor on the learning rate, from 0 to 1. @defaultValue 0 */
  floor?: number;
}

function decay(type: 'cosine' | 'linear', options: DecayOptions): Schedule {
  checkOptions(options, ['start', 'floor'], type);
  const start = checkFloat(options.start ?? 0, `${type} start`, 0, 1, 'most');
  return { type, start, floor: checkFloat(options.floor ?? 0, `${type} floor`, 0, 1) };
}

/**
 * Full rate until `start`, then half a cosine down to `floor` (Loshchilov & Hutter 2017, without restarts).
 *
 * @throws CambiumError `OPTION`
 */
export function cosine(options: DecayOptions = {}): Schedule {
  return decay('cosine', options);
}

/**
 * Full rate until `start`, then a straight line down to `floor`.
 *
 * @throws CambiumError `OPTION`
 */
export function linear(options: DecayOptions = {}): Schedule {
  return decay('linear', options);
}

/**
 * The rate is multiplied by `factor` after every `every` steps.
 *
 * @param options - `every`: steps, at least 1; `factor`: above 0, at most 1
 * @throws CambiumError `OPTION`
 */
export function step(options: { every: number; factor: number }): Schedule {
  checkOptions(options, ['every', 'factor'], 'step');
  const factor = checkFloat(options.factor, 'step factor', ...ranges.factor, 'least');
  return { type: 'step', every: checkInteger(options.every, 'step every'), factor };
}
