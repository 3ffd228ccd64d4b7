/** The workers that the package starts in Node, for tests that end them or count them. */
import workerThreads, { type Worker } from 'node:worker_threads';
import { afterAll } from 'vitest';

/** What was started since {@link watchWorkers}. */
export interface StartedWorkers {
  /** Those whose file has this name, first to last, ended ones too. */
  of(file: 'engine-worker' | 'pool-worker'): Worker[];
  /** Those that have not ended. */
  alive(): Worker[];
}

/** Keeps a list of all workers that are started from here on in this test file. */
export function watchWorkers(): StartedWorkers {
  const Original = workerThreads.Worker;
  const started: { file: string; worker: Worker }[] = [];
  workerThreads.Worker = class extends Original {
    constructor(...args: ConstructorParameters<typeof Original>) {
      super(...args);
      started.push({ file: String(args[0]), worker: this });
    }
  };
  afterAll(() => {
    workerThreads.Worker = Original;
  });
  return {
    of: (file) => started.filter((entry) => entry.file.includes(`${file}.js`)).map((entry) => entry.worker),
    // A worker that has ended has no thread.
    alive: () => started.map((entry) => entry.worker).filter((worker) => worker.threadId > 0),
  };
}

/** The error that `act` ends in, within `limit` milliseconds. */
export async function errorWithin(limit: number, act: PromiseLike<unknown>, what: string): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not settle within ${limit} ms`)), limit);
  });
  const settled = act.then(
    () => Promise.reject(new Error(`${what} should have failed`)),
    (error: unknown) => error,
  );
  return Promise.race([settled, late]).finally(() => clearTimeout(timer));
}
