/** The engine on the thread of the API. */
import { Ending, type EndSignal } from '../ending.ts';
import type { CambiumError } from '../errors.ts';
import type { EngineHost } from './host.ts';
import type { Method, Methods } from './protocol.ts';
import type { EngineInfo } from './start-options.ts';
import { engineDied, type RunningEngine } from './running.ts';
import { refusal } from './wire.ts';

/** How long calls may follow one another before timers and input get their turn: one frame of a display. */
const TURN_MS = 16;
/** So many calls are a turn where the clock stands still while code runs, as at the edge: a chunk of a fit takes some 12 ms. */
const TURN_CALLS = 16;

/**
 * Lets timers and input have their turn. Node and its like have a call for that; a timer in its place would keep an idle millisecond
 * at least, a sixteenth of the time between two turns.
 */
const othersTurn: (goOn: () => void) => unknown = (globalThis as { setImmediate?: (goOn: () => void) => unknown }).setImmediate ?? setTimeout;

/** Each call runs at once and to its end; the answer of a turn's last one comes after timers and input had theirs. */
export class InlineEngine implements RunningEngine {
  readonly info: EngineInfo;
  /** Until it ends; the engine's memory goes with it. */
  #host: EngineHost | undefined;
  readonly #release: () => void;
  readonly #ending = new Ending();
  #turnBegan = 0;
  #callsInTurn = 0;

  /** `release` is called when the engine ends. */
  constructor(host: EngineHost, info: EngineInfo, release: () => void = () => {}) {
    this.#host = host;
    this.info = info;
    this.#release = release;
  }

  get ended(): EndSignal {
    return this.#ending;
  }

  async call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>> {
    const value = this.#run(method, args);
    if (this.#turnIsOver()) {
      await this.#giveWay();
      if (this.ended.aborted) throw this.ended.reason as CambiumError;
    }
    return value as ReturnType<Methods[M]>;
  }

  stop(reason: string): void {
    if (this.ended.aborted) return;
    this.#host = undefined;
    this.#release();
    this.#ending.abort(engineDied(reason));
  }

  #run(method: Method, args: unknown[]): unknown {
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

  /** Whether others should go first. Only when answers come depends on it, never what they are. */
  #turnIsOver(): boolean {
    const now = performance.now();
    const clockStands = now === this.#turnBegan;
    this.#callsInTurn++;
    return now >= this.#turnBegan + TURN_MS || (clockStands && this.#callsInTurn >= TURN_CALLS);
  }

  async #giveWay(): Promise<void> {
    await new Promise<void>((resolve) => othersTurn(resolve));
    this.#turnBegan = performance.now();
    this.#callsInTurn = 0;
  }
}
