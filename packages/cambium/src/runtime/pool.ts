/** The workers of the thread pool, seen from the thread that starts the engine. */
import { CambiumError } from '../errors.ts';
import { withDeadline } from './deadline.ts';
import { startPoolWorker, type WorkerHandle } from './platform.ts';

/** What a worker needs to join the pool. */
export interface PoolStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** Where in the module it takes its work from. */
  receiver: number;
}

/** From a pool worker. `died` is its last message. */
export type FromPoolWorker = { type: 'ready' } | { type: 'died'; message: string };

/** A worker starts in 50 to 130 ms and then joins in some; one that needs this long will not come. */
const JOIN_LIMIT_MS = 20_000;

/** The workers of one pool. They start with it: nothing else on the way to an engine takes as long. */
export class Pool {
  /** Rejects with `LOAD_FAILED` when a worker fails, however late. */
  readonly failure: Promise<never>;
  readonly #workers: WorkerHandle[] = [];
  readonly #ready: Promise<unknown>;

  constructor(count: number) {
    let fail: (error: CambiumError) => void;
    this.failure = new Promise((_, reject) => (fail = reject));
    // Those who wait for it hear of it; it must not end the program when nobody does.
    this.failure.catch(() => {});
    const ready: Promise<void>[] = [];
    for (let index = 1; index <= count; index++) {
      const failed = (cause: string): void => fail(new CambiumError('LOAD_FAILED', `pool worker ${index} of ${count} failed: ${cause}`));
      try {
        ready.push(this.#start(failed));
      } catch (cause) {
        failed(cause instanceof Error ? cause.message : String(cause));
      }
    }
    this.#ready = Promise.all(ready);
  }

  #start(failed: (cause: string) => void): Promise<void> {
    const worker = startPoolWorker();
    this.#workers.push(worker);
    worker.onDeath(failed);
    return new Promise((resolve) => {
      worker.onMessage((data) => {
        const message = data as FromPoolWorker;
        if (message.type === 'ready') resolve();
        else failed(message.message);
      });
    });
  }

  /** Lets all workers join, and waits for them. */
  async join(start: PoolStart): Promise<void> {
    for (const worker of this.#workers) worker.post(start);
    const late = (): CambiumError => new CambiumError('LOAD_FAILED', `the pool's workers were not ready after ${JOIN_LIMIT_MS / 1000} s`);
    await withDeadline(Promise.race([this.#ready, this.failure]), JOIN_LIMIT_MS, late);
    // Until now the workers kept the process alive; from here on the engine decides that.
    for (const worker of this.#workers) worker.unref();
  }

  /** Ends all workers. */
  terminate(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}
