import type { FitControl } from './fit-control.ts';
import type { EpochLog, History } from './history.ts';

declare global {
  interface SymbolConstructor {
    /** Explicit resource management; declared here for projects whose `lib` does not have it. */
    readonly asyncDispose: unique symbol;
  }
}

/**
 * A fit under way: the promise of its `History`, and the means to steer it. It runs whether or not anybody waits. As a
 * promise it is waited for when an async function returns it; hand it on inside an object if that is too soon.
 *
 * Looping over it gives the figures of each epoch, from the first, as it ends. The fit waits for the body of the loop, so
 * `predict`, `save` or a change of structure inside it see the model as it was at the end of that epoch. Leaving the loop
 * (`break`, `return`, an error) stops the fit there; the loop ends when the fit has.
 *
 * @example
 * ```ts
 * for await (const { epoch, loss } of model.fit(data, { epochs: 100 })) {
 *   if (loss < 0.1) break;
 * }
 * ```
 */
export class FitRun implements Promise<History>, AsyncIterable<EpochLog> {
  /** `'FitRun'`. */
  readonly [Symbol.toStringTag]: string = 'FitRun';
  readonly #control: FitControl;
  readonly #ended: Promise<History>;
  #heard = false;

  /** @internal */
  constructor(control: FitControl, work: Promise<void>) {
    this.#control = control;
    this.#ended = work.finally(() => control.end()).then(() => control.history);
  }

  /** What has happened so far; the same object that the promise gives. It stays when the fit fails or is aborted. */
  get history(): History {
    return this.#control.history;
  }

  /** Whether the fit stands still until `resume`. */
  get paused(): boolean {
    return this.#control.paused;
  }

  /**
   * Takes no further step until `resume`; resolves when none is being computed. Steps run in groups of about 10
   * milliseconds (at least one step, and validation with the last of an epoch), and a pause comes between two groups.
   * It has no influence on results. The model can be used meanwhile; only `restore`, `setState` and another `fit` have to
   * wait for the end. A paused fit ends by `stop`, by its `signal`, and with its model or engine; it does not keep a
   * process alive, and it keeps its model and data in memory. Without effect after the end.
   */
  async pause(): Promise<void> {
    await this.#control.pause();
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.#control.resume();
  }

  /**
   * Ends the fit after the steps that are being computed, paused or not. The promise then resolves as usual, with
   * `history.stopped = reason`.
   */
  stop(reason: string = 'stopped by stop()'): void {
    this.#control.stop(reason);
  }

  /** As for any promise. */
  then<A = History, B = never>(
    resolved?: ((history: History) => A | PromiseLike<A>) | null,
    rejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#heard = true;
    return this.#ended.then(resolved, rejected);
  }

  /** As for any promise. */
  catch<B = never>(rejected?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<History | B> {
    return this.then(undefined, rejected);
  }

  /** As for any promise. */
  finally(settled?: (() => void) | null): Promise<History> {
    return this.then().finally(settled);
  }

  /** The figures of each epoch. An error of the fit ends the loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<EpochLog, void, undefined> {
    this.catch(() => {});
    try {
      yield* this.#control.epochs();
    } finally {
      await this.#ended;
    }
  }

  /** For `await using`: stops the fit and waits for its end. Throws its error if nobody else was told. */
  async [Symbol.asyncDispose](): Promise<void> {
    const heard = this.#heard;
    this.stop('its block was left');
    await this.catch((error: unknown) => {
      if (!heard) throw error;
    });
  }
}
