import type { EndSignal } from './ending.ts';
import type { Handle } from './handle.ts';
import { History, type EpochLog } from './history.ts';

/** One who loops over the epochs. */
interface Reader {
  /** Epochs asked for so far. */
  wanted: number;
}

/**
 * What steers a fit from outside: pause, stop, and loops over its epochs. Nothing here has any influence on what a step
 * computes, only on whether and when the next ones are taken.
 */
export class FitControl {
  /** What has happened so far. */
  readonly history: History = new History();
  /** Aborts the fit; there once the options of the fit have been checked. */
  signal: AbortSignal | undefined;
  readonly #handle: Handle;
  readonly #readers = new Set<Reader>();
  readonly #waiting = new Set<() => void>();
  #told = 0;
  #computing: Promise<unknown> = Promise.resolve();
  #paused = false;
  #stopped = false;
  #over = false;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  /** Whether no further step is to be taken though nothing went wrong. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whether the fit stands still until `resume`. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Takes no further step for now; resolves when none is being computed. */
  async pause(): Promise<void> {
    if (!this.#over) this.#paused = true;
    await this.#computing.catch(() => {});
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  /** Takes no further step. The first reason counts. */
  stop(reason: string): void {
    if (this.#over) return;
    this.#stopped = true;
    this.history.stopped ??= reason;
    this.#wake();
  }

  /** The fit has ended, well or not. */
  end(): void {
    this.#over = true;
    this.#paused = false;
    this.#wake();
  }

  /** Does `work`, which `pause` waits for. */
  compute<T>(work: () => Promise<T>): Promise<T> {
    const done = work();
    this.#computing = done;
    return done;
  }

  /** All callbacks have heard of an epoch. */
  epochTold(): void {
    this.#told++;
    this.#wake();
  }

  /** Waits while the fit is to stand still. Returns at once when it is to end. */
  async turn(): Promise<void> {
    if (!this.#held()) return;
    const wake = (): void => this.#wake();
    for (const end of this.#ends()) end.addEventListener('abort', wake);
    while (this.#held()) await this.#change();
    for (const end of this.#ends()) end.removeEventListener('abort', wake);
  }

  /** The epochs from the first, as they end. The fit waits while a reader is at one; a reader that leaves early stops it. */
  async *epochs(): AsyncGenerator<EpochLog, void, undefined> {
    const reader: Reader = { wanted: 0 };
    this.#readers.add(reader);
    try {
      for (;;) {
        reader.wanted++;
        this.#wake();
        while (this.#told < reader.wanted && !this.#over) await this.#change();
        if (this.#told < reader.wanted) return;
        yield this.history.epochs[reader.wanted - 1]!;
      }
    } finally {
      this.#readers.delete(reader);
      this.stop('the loop over its epochs was left');
    }
  }

  /** What ends a fit whether or not it is paused. */
  #ends(): EndSignal[] {
    const ends = [this.#handle.ended, this.#handle.engine.ended];
    return this.signal ? [this.signal, ...ends] : ends;
  }

  #held(): boolean {
    if (this.#stopped || this.#ends().some((end) => end.aborted)) return false;
    return this.#paused || [...this.#readers].some((reader) => reader.wanted <= this.#told);
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }
}
