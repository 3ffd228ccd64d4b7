/** All jobs, here or in several processes. */
import { init, shutdown } from 'cambium';
import type { Job, Plan } from './plan.ts';
import { Known, recordsOfJob } from './known.ts';
import { inProcesses } from './processes.ts';
import type { Listener, Refusal, Run } from './record.ts';
import { runSeed } from './seed.ts';

/**
 * Runs what `held` does not hold of `jobs`, in so many `processes` (1: in this one); `listener` hears of every fit. Rejects with
 * the reason of `signal` when that is aborted, and with the first error of a fit.
 */
export async function run(processes: number, plan: Plan, jobs: readonly Job[], held: readonly (Run | Refusal)[], listener: Listener, signal: AbortSignal): Promise<void> {
  if (processes > 1) return inProcesses(processes, plan, jobs, held, listener, signal);
  await init({ threads: 1, host: 'inline' });
  try {
    for (const job of jobs) {
      for await (const record of runSeed(plan, job, new Known(recordsOfJob(held, job)), signal)) listener.fit(record);
      listener.end(job);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await shutdown();
  }
}
