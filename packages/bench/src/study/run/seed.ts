/** All rivals on one data set with one split. */
import { CambiumError } from 'cambium';
import { open } from '../data/open.ts';
import { release } from '../data/source.ts';
import { control, controlsOf, type Fixed } from '../rivals/controls.ts';
import { train, type Task } from '../rivals/fit.ts';
import type { Variant } from '../rivals/methods.ts';
import { layoutOf } from '../subjects.ts';
import { dataName, methodsOf, subjectOf, type Job, type Plan } from './plan.ts';
import type { Known } from './known.ts';
import type { Refusal, Run } from './record.ts';
import { taskOf } from './task.ts';

/** Errors that end the study; all others say something about one method and nothing about its rivals. */
const FATAL = ['ABORTED', 'ENGINE_DIED', 'LOAD_FAILED', 'OUT_OF_MEMORY'];

/** Runs the job's fits that are not `known`, one after the other, and gives each as it ends. */
export async function* runSeed(plan: Plan, job: Job, known: Known, signal: AbortSignal): AsyncGenerator<Run | Refusal> {
  const subject = subjectOf(plan, job.subject);
  const source = await open(job.subject, plan.sources);
  const task = await taskOf(job, subject, source);
  const layout = (width: number) => layoutOf(subject, width, source);
  const doubling = subject.doubling && { ...layout(1), filters: [...subject.doubling] };
  const head = { data: dataName(job), seed: job.seed };
  try {
    for (const network of subject.curve.map(layout)) {
      if (!known.hasFixed(network)) yield { ...head, method: 'fixed', ...(await train(task, network, undefined, signal)) };
    }
    for (const method of methodsOf(plan)) {
      for (const variant of method.variants(subject)) {
        const { name, budget } = variant;
        const grown = { ...head, method: name, ...(budget !== undefined && { budget }) };
        const fixed = { layout, doubling: budget === undefined ? undefined : doubling };
        for await (const outcome of runVariant(variant, method.controls, known, task, fixed, signal)) yield { ...grown, ...outcome };
      }
    }
  } finally {
    release(task.parts);
  }
}

type Grown = Omit<Run, 'data' | 'seed' | 'method' | 'budget'> | Pick<Refusal, 'reason'>;

/** The network that a method grows, and controls of it. */
async function* runVariant(variant: Variant, controls: boolean, known: Known, task: Task, fixed: Fixed, signal: AbortSignal): AsyncGenerator<Grown> {
  if (known.isRefused(variant)) return;
  try {
    const before = known.find(variant);
    const found = before ?? (await train(task, fixed.layout(variant.start), variant.growth, signal));
    if (!before) yield found;
    if (!controls) return;
    for (const kind of controlsOf(found, fixed).filter((one) => !known.find(variant, one))) yield { control: kind, ...(await control(kind, task, found, fixed, signal)) };
  } catch (error) {
    if (!(error instanceof CambiumError) || FATAL.includes(error.code)) throw error;
    yield { reason: error.message };
  }
}
