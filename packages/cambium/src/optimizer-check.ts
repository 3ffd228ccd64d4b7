import { checkBoolean, checkFloat, checkInteger, checkOptions, checkTagged, optional, show, type Check } from './check.ts';
import { CambiumError } from './errors.ts';
import type { OptimizerMethod, OptimizerSpec, Schedule } from './spec.ts';

/** The ranges that the engine takes, ends included. */
export const ranges = {
  learningRate: [0, 1e6],
  /** Of moments and velocities. */
  decay: [0, 0.999999],
  epsilon: [1e-20, 1],
  weightDecay: [0, 1e6],
  clip: [1e-12, 1e12],
  factor: [0, 1],
} as const;

function within([least, most]: readonly [number, number]): Check {
  return (value, name) => checkFloat(value, name, least, most);
}

const share = within(ranges.decay);
const weightDecay = optional(within(ranges.weightDecay));
const factor = within(ranges.factor);
const decay = { start: optional(factor), floor: optional(factor) };

const methods = {
  adam: {
    beta1: optional(share),
    beta2: optional(share),
    epsilon: optional(within(ranges.epsilon)),
    weightDecay,
    sharedStepCount: optional(checkBoolean),
  },
  sgd: { momentum: optional(share), weightDecay },
};

const schedules = {
  constant: {},
  cosine: decay,
  linear: decay,
  step: { every: (value: unknown, name: string) => checkInteger(value, name), factor },
};

const fields: Readonly<Record<keyof OptimizerSpec, Check>> = {
  method: (value, name) => checkTagged<OptimizerMethod>(value, methods, name),
  learningRate: within(ranges.learningRate),
  schedule: checkSchedule,
  clipNorm: within(ranges.clip),
  clipValue: within(ranges.clip),
};

/** Throws `OPTION` unless `schedule` is one that the engine takes. */
export function checkSchedule(schedule: unknown, name: string): Schedule {
  return checkTagged<Schedule>(schedule, schedules, name);
}

/** Throws `OPTION` unless `optimizer` is one that the engine takes, with all numbers in its ranges. */
export function checkOptimizer(optimizer: unknown, name = 'optimizer'): OptimizerSpec {
  if (typeof optimizer !== 'object' || optimizer === null) {
    throw new CambiumError('OPTION', `${name} must be one such as adam(), not ${show(optimizer)}`);
  }
  checkOptions(optimizer, Object.keys(fields), name);
  for (const [key, check] of Object.entries(fields)) {
    const value = (optimizer as Record<string, unknown>)[key];
    if (value !== undefined) check(value, `${name}.${key}`);
  }
  return optimizer as OptimizerSpec;
}
