import type { GrowthOptions } from 'cambium';
import type { Task } from '../data/task.ts';
import type { Settings } from './state.ts';

/** Held-out rows that judge one change. */
const SCORING_ROWS = 512;

/** Steps in one epoch of a task. */
export function stepsPerEpoch(task: Task): number {
  return Math.ceil(task.train.rows / task.batchSize);
}

/** Steps from one try to change the structure to the next; undefined where there is none. */
export function stepsPerUpdate(task: Task, updatesPerEpoch: number): number | undefined {
  return updatesPerEpoch === 0 ? undefined : Math.max(1, Math.floor(stepsPerEpoch(task) / updatesPerEpoch));
}

/** The method for one epoch, or none where structure rests. */
export function growthFor(task: Task, { updatesPerEpoch, weightPenalty }: Settings): { growth?: GrowthOptions } {
  const every = stepsPerUpdate(task, updatesPerEpoch);
  if (every === undefined) return {};
  return { growth: { method: 'stochastic', every, weightPenalty, scoringRows: Math.min(SCORING_ROWS, task.valid.rows) } };
}
