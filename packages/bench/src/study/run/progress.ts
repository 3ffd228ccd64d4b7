/** How far the study is, on stderr. */
import { performance } from 'node:perf_hooks';
import { dataName, secondsOf, subjectOf, type Job, type Plan } from './plan.ts';
import { recordsOfJob } from './known.ts';
import type { Listener, Refusal, Run } from './record.ts';

/** Tells after each job (on a terminal after each fit) what has been done, and about how much time is left. */
export class Progress implements Listener {
  readonly #start = performance.now();
  readonly #plan: Plan;
  /** By name. */
  readonly #jobs: ReadonlyMap<string, Job>;
  /** Estimated seconds of each job, without the fits that there are already. */
  readonly #seconds: ReadonlyMap<string, number>;
  /** Estimated seconds of everything, and of the jobs that have ended. */
  readonly #total: number;
  #done = 0;
  /** Estimated seconds of the fits that jobs under way have made. */
  readonly #under = new Map<string, number>();
  #fits = 0;

  /** `held` are records of earlier commands. Tells how long `processes` at a time will take, about. */
  constructor(plan: Plan, jobs: readonly Job[], held: readonly (Run | Refusal)[], processes: number) {
    this.#plan = plan;
    this.#jobs = new Map(jobs.map((job) => [nameOf(dataName(job), job.seed), job]));
    this.#seconds = new Map(
      jobs.map((job) => {
        const had = recordsOfJob(held, job).length * subjectOf(plan, job.subject).seconds;
        return [nameOf(dataName(job), job.seed), Math.max(0, secondsOf(plan, job) - had)];
      }),
    );
    this.#total = [...this.#seconds.values()].reduce((sum, seconds) => sum + seconds, 0);
    if (jobs.length > 0) process.stderr.write(`${jobs.length} splits, about ${duration(this.#total / Math.min(processes, jobs.length))}\n`);
  }

  /** A fit has ended. */
  fit(record: Run | Refusal): void {
    const name = nameOf(record.data, record.seed);
    const { seconds } = subjectOf(this.#plan, this.#jobs.get(name)!.subject);
    this.#under.set(name, (this.#under.get(name) ?? 0) + seconds);
    this.#fits++;
    if (process.stderr.isTTY) process.stderr.write(`\r${this.#line(name)}\x1b[K`);
  }

  /** A job has ended. */
  end(job: Job): void {
    const name = nameOf(dataName(job), job.seed);
    this.#under.delete(name);
    this.#done += this.#seconds.get(name)!;
    process.stderr.write(process.stderr.isTTY ? `\r${this.#line(name)}\x1b[K\n` : `${this.#line(name)}\n`);
  }

  #line(name: string): string {
    const done = this.#done + [...this.#under.values()].reduce((sum, seconds) => sum + seconds, 0);
    const elapsed = (performance.now() - this.#start) / 1000;
    const left = done > 0 ? Math.max(0, (elapsed * (this.#total - done)) / done) : 0;
    return `${name}: ${this.#fits} fits in ${duration(elapsed)}, about ${duration(left)} left`;
  }
}

function nameOf(data: string, seed: number): string {
  return `${data}, seed ${seed}`;
}

/** Seconds in words. */
function duration(seconds: number): string {
  return seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
}
