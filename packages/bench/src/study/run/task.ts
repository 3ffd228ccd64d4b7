/** What all rivals of a job share: equal rows, equal steps. */
import { augmented } from '../data/augmented.ts';
import type { Source } from '../data/source.ts';
import type { Task } from '../rivals/fit.ts';
import type { Setting, Subject } from '../subjects.ts';
import type { Job } from './plan.ts';

/**
 * Decay of the weights in the setting that has one: of 0.1, 0.3, 1 and 3 the one with which fixed networks are better on
 * every data set, by rows to decide by.
 */
const WEIGHT_DECAY = 0.3;

/** The weight decay of a setting, 0 for none. */
export function decayOf(setting: Setting): number {
  return setting === 'weight decay' ? WEIGHT_DECAY : 0;
}

/** The job's task; whoever asked for it releases its parts. */
export async function taskOf({ setting, seed }: Job, { steps, batchSize, augmentation }: Subject, source: Source): Promise<Task> {
  const parts = await source.split(seed);
  if (setting === 'augmented') {
    const { train } = parts;
    parts.train = await augmented(train, augmentation!, seed);
    train.dispose();
  }
  const epochs = Math.max(1, Math.round(steps / Math.ceil(parts.train.rows / batchSize)));
  return { parts, seed, epochs, batchSize, weightDecay: decayOf(setting) };
}
