/** Jobs in several processes. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../failure.ts';
import { recordsOfJob } from './known.ts';
import type { Job, Plan } from './plan.ts';
import type { Listener, Refusal, Run } from './record.ts';

type Message = { record: Run | Refusal } | { done: true } | { failed: string };

/** A job for a process, and what there is of it. */
export interface Order {
  job: Job;
  held: readonly (Run | Refusal)[];
}

/** Runs what `held` does not hold of `jobs` in `count` processes, each of one thread; `listener` hears of every fit. An abort of `signal` ends them. */
export async function inProcesses(count: number, plan: Plan, jobs: readonly Job[], held: readonly (Run | Refusal)[], listener: Listener, signal: AbortSignal): Promise<void> {
  const left = jobs.map((job): Order => ({ job, held: recordsOfJob(held, job) }));
  const program = fileURLToPath(new URL('worker.ts', import.meta.url));
  const children = Array.from({ length: Math.min(count, jobs.length) }, () => fork(program, [JSON.stringify(plan)]));
  const end = (): void => children.forEach((child) => child.kill('SIGKILL'));
  signal.addEventListener('abort', end, { once: true });
  try {
    await Promise.all(children.map((child) => serve(child, left, listener)));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

/** Gives `child` one job after the other, as long as there are any. */
function serve(child: ChildProcess, left: Order[], listener: Listener): Promise<void> {
  return new Promise((resolve, reject) => {
    let order: Order | undefined;
    const next = (): void => {
      order = left.shift();
      if (order) child.send(order);
      else resolve();
    };
    child.on('message', (message: Message) => {
      if ('record' in message) listener.fit(message.record);
      else if ('failed' in message) reject(new Failure(message.failed));
      else {
        listener.end(order!.job);
        next();
      }
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => reject(new Failure(`a process of the study ended (${signal ?? `code ${code}`})`)));
    next();
  });
}
