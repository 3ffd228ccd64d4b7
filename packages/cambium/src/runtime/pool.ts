/** Starts the workers of the thread pool. */
import { CambiumError } from '../errors.ts';
import type { PoolBuilder, StartWorkers } from './binding.ts';
import { withDeadline } from './deadline.ts';
import { startPoolWorker, type WorkerHandle } from './platform.ts';

/** What a pool worker is started with. */
export interface PoolStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  receiver: number;
  /** Where a worker that fails says so: the thread that started it may be waiting for it and hear nothing. */
  obituary: string;
}

/** Workers start in 10 to 65 ms; one that needs this long will not come. */
const START_LIMIT_MS = 20_000;

/** The workers of one pool. */
export class Pool {
  readonly #workers: WorkerHandle[] = [];
  readonly #obituary: string;

  constructor(obituary: string) {
    this.#obituary = obituary;
  }

  /** Starts all workers, waits for each, then joins them to the pool. */
  readonly start: StartWorkers = async (module, memory, builder: PoolBuilder) => {
    const count = builder.numThreads();
    const message: PoolStart = { module, memory, receiver: builder.receiver(), obituary: this.#obituary };
    await Promise.all(Array.from({ length: count }, (_, index) => this.#startOne(message, `pool worker ${index + 1} of ${count}`)));
    // Until now the workers kept the process alive; from here on the engine's own worker decides that.
    for (const worker of this.#workers) worker.unref();
    builder.build();
  };

  /** Ends all workers. */
  terminate(): void {
    for (const worker of this.#workers) worker.terminate();
  }

  #startOne(message: PoolStart, name: string): Promise<void> {
    const worker = startPoolWorker();
    this.#workers.push(worker);
    const ready = new Promise<void>((resolve, reject) => {
      worker.onDeath((cause) => reject(new CambiumError('LOAD_FAILED', `${name} failed: ${cause}`)));
      worker.onMessage(() => resolve());
    });
    worker.post(message);
    return withDeadline(ready, START_LIMIT_MS, () => new CambiumError('LOAD_FAILED', `${name} was not ready after ${START_LIMIT_MS / 1000} s`));
  }
}
