/** Times of work that can be repeated. */
import { performance } from 'node:perf_hooks';

/**
 * The first sample comes after so many samples' worth of work: V8 compiles a WebAssembly function first quickly and then,
 * after some milliseconds of running, well.
 */
const WARM_UP = 5;
/** Each sample begins with this share of itself untimed: what ran before has filled the caches with its own data. */
const REFILL = 1 / 8;

/** Times one piece of work, as often as fits. */
export class Sampler {
  readonly #run: (times: number) => void | Promise<void>;
  #us: number | undefined;

  /** @param run - does the work so many times */
  constructor(run: (times: number) => void | Promise<void>) {
    this.#run = run;
  }

  /** Microseconds that the work takes once: the mean over about so many milliseconds. */
  async sample(milliseconds: number): Promise<number> {
    this.#us ??= await this.#warmUp(WARM_UP * milliseconds);
    const times = Math.max(1, Math.round((1000 * milliseconds) / this.#us));
    const untimed = Math.floor(times * REFILL);
    if (untimed > 0) await this.#run(untimed);
    this.#us = await this.#time(times);
    return this.#us;
  }

  async #warmUp(milliseconds: number): Promise<number> {
    const end = performance.now() + milliseconds;
    let us = await this.#time(1);
    for (let times = 2; performance.now() < end; times *= 2) us = await this.#time(times);
    return us;
  }

  async #time(times: number): Promise<number> {
    const start = performance.now();
    await this.#run(times);
    return (1000 * (performance.now() - start)) / times;
  }
}
