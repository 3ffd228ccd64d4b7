/** All rivals on one data set with one split. */
import { CambiumError } from 'cambium';
import { augmented } from '../data/augmented.ts';
import { open } from '../data/open.ts';
import { control, controlsOf } from '../rivals/controls.ts';
import { train, type Outcome, type Task } from '../rivals/fit.ts';
import { layoutOf, type Subject } from '../subjects.ts';
import { dataName, methodsOf, subjectOf, type Job, type Plan } from './plan.ts';
import type { Refusal, Run } from './record.ts';

/** Decay of the weights in the setting that has one: with the learning rates of the study it takes a weight to a tenth. */
const WEIGHT_DECAY = 0.5;

/** Splits whose grown networks are timed beside a twin in which nothing grows: for a share of time these are enough. */
const TIMED_SEEDS = 5;

/** Runs the job's fits, one after the other, and gives each as it ends. */
export async function* runSeed(plan: Plan, job: Job, signal: AbortSignal): AsyncGenerator<Run | Refusal> {
  const subject = subjectOf(plan, job.subject);
  const source = await open(job.subject, plan.sources);
  const task = await taskOf(job, subject, await source.split(job.seed));
  const layout = (width: number) => layoutOf(subject, width, source);
  const head = { data: dataName(job), seed: job.seed };
  for (const width of subject.curve) yield { ...head, method: 'fixed', ...(await train(task, layout(width), undefined, signal)) };
  for (const method of methodsOf(plan)) {
    for (const { name: variant, budget, start, growth } of method.variants(subject)) {
      const name = { ...head, method: variant, ...(budget !== undefined && { budget }) };
      try {
        const found = await train(task, layout(start), growth, signal);
        yield { ...name, ...found, ...(job.seed <= TIMED_SEEDS && { stillSeconds: await stillSeconds(task, found, signal) }) };
        if (!method.controls || job.setting !== 'plain') continue;
        for (const kind of controlsOf(found)) yield { ...name, control: kind, ...(await control(kind, task, found, layout, signal)) };
      } catch (error) {
        if (!(error instanceof CambiumError) || error.code !== 'OPTION') throw error;
        yield { ...name, reason: error.message };
      }
    }
  }
}

/** The task that all rivals of the job have: equal rows, equal steps. */
async function taskOf({ setting, seed }: Job, subject: Subject, parts: Task['parts']): Promise<Task> {
  const rows = setting === 'augmented' ? { ...parts, train: await augmented(parts.train, seed) } : parts;
  const epochs = Math.max(1, Math.round(subject.steps / Math.ceil(rows.train.rows / subject.batchSize)));
  return { parts: rows, seed, epochs, batchSize: subject.batchSize, weightDecay: setting === 'weight decay' ? WEIGHT_DECAY : 0 };
}

/**
 * What the steps of `found` would have taken without events: the time of a fixed network of its mean widths, right after it,
 * for as many multiply-adds.
 */
async function stillSeconds(task: Task, { path }: Outcome, signal: AbortSignal): Promise<number> {
  const twin = await train(task, path.mean, undefined, signal);
  return (twin.seconds * path.macs) / twin.path.macs;
}
