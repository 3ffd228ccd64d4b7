/** The engine in a worker, seen from the thread of the API. */
import { Ending, unlessEnded, type EndSignal } from '../ending.ts';
import { CambiumError } from '../errors.ts';
import { withDeadline } from './deadline.ts';
import { compile } from './load.ts';
import { startEngineWorker, type WorkerHandle } from './platform.ts';
import { Pool, type PoolStart } from './pool.ts';
import type { Method, Methods } from './protocol.ts';
import type { EngineInfo } from './start-options.ts';
import { engineDied, noteMemory, type RunningEngine, type StartRequest } from './running.ts';
import { fromWire, type FromWorker, type ToWorker } from './wire.ts';

/** Loading takes well under a second from a disk; this leaves room for a slow network. */
const START_LIMIT_MS = 60_000;

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Calls go to the worker as messages and are answered in order. */
export class RemoteEngine implements RunningEngine {
  readonly info: EngineInfo;
  readonly #worker: WorkerHandle;
  readonly #pool: Pool;
  readonly #pending = new Map<number, Pending>();
  #started: Pending | undefined;
  #stage = 'reading and compiling the module';
  readonly #ending = new Ending();
  #next = 1;

  /**
   * Starts all workers; rejects with `LOAD_FAILED`, naming what was waited for, when they do not come up, and with the
   * reason of `given` when that ends first. None is left then.
   */
  static async start(request: StartRequest, info: EngineInfo, given: EndSignal): Promise<RemoteEngine> {
    const engine = new RemoteEngine(request.threads, info);
    const late = (): CambiumError =>
      new CambiumError('LOAD_FAILED', `the engine did not start within ${START_LIMIT_MS / 1000} s; it was waiting for: ${engine.#stage}`);
    try {
      noteMemory(info, request.maxMemory, await withDeadline(unlessEnded(engine.#begin(request, given), given), START_LIMIT_MS, late));
    } catch (error) {
      engine.stop('the engine did not start');
      throw error;
    }
    engine.#worker.unref();
    return engine;
  }

  private constructor(threads: number, info: EngineInfo) {
    this.info = info;
    this.#worker = startEngineWorker();
    this.#pool = new Pool(threads - 1);
    this.#worker.onMessage((message) => this.#receive(message as FromWorker));
    this.#worker.onDeath((message) => this.#die(`the engine's worker stopped: ${message}`));
    this.#pool.failure.catch((error: Error) => this.#die(error.message));
  }

  get ended(): EndSignal {
    return this.#ending;
  }

  call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>> {
    if (this.ended.aborted) return Promise.reject(this.ended.reason as CambiumError);
    const id = this.#next++;
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    if (this.#pending.size === 1) this.#worker.ref();
    try {
      this.#post({ type: 'call', id, method, args });
    } catch (cause) {
      // What cannot be copied to a worker is refused here; nothing was sent.
      const why = cause instanceof Error ? cause.message : String(cause);
      const refused = new CambiumError('OPTION', `${method}: a value cannot be passed to the engine: ${why}`, { cause });
      this.#settle(id)?.reject(refused);
    }
    return answer as Promise<ReturnType<Methods[M]>>;
  }

  stop(reason: string): void {
    this.#die(reason);
  }

  async #begin(request: StartRequest, given: EndSignal): Promise<number> {
    const started = new Promise<unknown>((resolve, reject) => (this.#started = { resolve, reject }));
    const [memoryBytes] = await Promise.all([started, this.#load(request, given)]);
    return memoryBytes as number;
  }

  /** Compiles the module while the workers start. */
  async #load({ module: name, wasm, threads, maxMemory }: StartRequest, given: EndSignal): Promise<void> {
    const module = await compile(name, wasm, given);
    this.#stage = 'the worker to load its file';
    this.#post({ type: 'start', start: { module, threads, maxMemory } });
  }

  async #join(start: PoolStart): Promise<void> {
    try {
      await this.#pool.join(start);
      this.#post({ type: 'joined' });
    } catch (error) {
      this.#started?.reject(error as Error);
    }
  }

  #post(message: ToWorker): void {
    this.#worker.post(message);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'stage':
        this.#stage = message.what;
        break;
      case 'join':
        void this.#join(message.start);
        break;
      case 'started':
        this.#started?.resolve(message.memoryBytes);
        break;
      case 'failed':
        this.#started?.reject(fromWire(message.error));
        break;
      case 'result':
        this.#settle(message.id)?.resolve(message.value);
        break;
      case 'refused':
        this.#settle(message.id)?.reject(fromWire(message.error));
        break;
      case 'died':
        this.#die(message.message);
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    return pending;
  }

  #die(message: string): void {
    if (this.ended.aborted) return;
    const death = engineDied(message);
    this.#started?.reject(new CambiumError('LOAD_FAILED', message));
    for (const pending of this.#pending.values()) pending.reject(death);
    this.#pending.clear();
    this.#worker.terminate();
    this.#pool.terminate();
    this.#ending.abort(death);
  }
}
