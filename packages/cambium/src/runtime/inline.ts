/** The engine on the thread of the API. */
import type { CambiumError } from '../errors.ts';
import type { EngineHost } from './host.ts';
import { compile } from './load.ts';
import { Pool } from './pool.ts';
import type { EngineInfo, Method, Methods } from './protocol.ts';
import { engineDied, type RunningEngine, type StartRequest } from './running.ts';
import { start } from './start.ts';
import { refusal } from './wire.ts';

/** How long calls may follow one another before timers and input get their turn: one frame of a display. */
const TURN_MS = 16;

/** Calls run one after the other, each to its end. */
export class InlineEngine implements RunningEngine {
  readonly info: EngineInfo;
  /** Until it ends; the engine's memory goes with it. */
  #host: EngineHost | undefined;
  readonly #pool: Pool;
  readonly #ending = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #turnEnds = 0;

  /** Starts the engine on this thread. */
  static async start(request: StartRequest, info: EngineInfo): Promise<InlineEngine> {
    const { threads, maxMemory } = request;
    const pool = new Pool(threads - 1);
    try {
      const module = await compile(request.module, request.wasm);
      const { host, memoryBytes } = await start({ module, threads, maxMemory }, (pooled) => pool.join(pooled), () => {});
      info.memoryBytes = memoryBytes;
      return new InlineEngine(host, pool, info);
    } catch (error) {
      pool.terminate();
      throw error;
    }
  }

  private constructor(host: EngineHost, pool: Pool, info: EngineInfo) {
    this.#host = host;
    this.#pool = pool;
    this.info = info;
    pool.failure.catch((error: Error) => this.stop(error.message));
  }

  get ended(): AbortSignal {
    return this.#ending.signal;
  }

  call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>> {
    const answer = this.#last.then(() => this.#run(method, args));
    this.#last = answer.catch(() => undefined);
    return answer as Promise<ReturnType<Methods[M]>>;
  }

  stop(reason: string): void {
    if (this.ended.aborted) return;
    this.#host = undefined;
    this.#pool.terminate();
    this.#ending.abort(engineDied(reason));
  }

  async #run(method: Method, args: unknown[]): Promise<unknown> {
    await this.#turn();
    const host = this.#host;
    if (!host) throw this.ended.reason as CambiumError;
    try {
      return host.run(method, args);
    } catch (thrown) {
      const refused = refusal(thrown);
      if (!refused) this.stop(host.causeOfDeath(thrown));
      throw refused ?? this.ended.reason;
    }
  }

  /** Gives way when the turn is used up. Only when calls run depends on it, never what they compute. */
  async #turn(): Promise<void> {
    if (performance.now() < this.#turnEnds) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#turnEnds = performance.now() + TURN_MS;
  }
}
