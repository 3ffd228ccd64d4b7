/** The part of an `AbortSignal` that tells of an end. */
export interface EndSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * The end of a model or an engine, and the signal of it. At the edge an `AbortSignal` belongs to the request in which it was
 * made and may not be read in another, but models and engines outlive requests.
 */
export class Ending implements EndSignal {
  readonly #listeners = new Set<() => void>();
  #aborted = false;
  #reason: unknown;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** Ends; later calls do nothing. */
  abort(reason?: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }

  addEventListener(_: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}

/** Settles as `work` does, or rejects with the reason of `signal` when its end comes first. */
export function unlessEnded<T>(work: Promise<T>, signal: EndSignal): Promise<T> {
  let onEnd = (): void => {};
  const end = new Promise<never>((_, reject) => {
    onEnd = () => reject(signal.reason as Error);
    if (signal.aborted) onEnd();
    else signal.addEventListener('abort', onEnd);
  });
  return Promise.race([work, end]).finally(() => signal.removeEventListener('abort', onEnd));
}
