/** What growth costs. */
import { performance } from 'node:perf_hooks';
import type { Dataset, DynamicModel, History } from 'cambium';
import { BATCH, create, data, type Network } from '../networks.ts';
import type { EventTimes } from '../protocol.ts';
import { mean } from '../statistics.ts';

/** Events from one start of the network: few, so that its widths stay close to the start. */
const EVENTS = 20;
/** Starts that differ, taken in turns: each has its own weights and its own row of proposals. */
const STARTS = 5;
/** Every proposal is judged by the loss alone, so that about as many features come as go. */
const growth = { method: 'stochastic', scoring: 'batch', weightPenalty: 0 } as const;

/** Times growth events of one network. */
export class Growth {
  readonly #model: DynamicModel;
  readonly #rows: Dataset;
  readonly #other: Dataset;
  readonly #starts: readonly Uint8Array[];
  #turn = 0;

  private constructor(model: DynamicModel, rows: Dataset, other: Dataset, starts: readonly Uint8Array[]) {
    this.#model = model;
    this.#rows = rows;
    this.#other = other;
    this.#starts = starts;
  }

  /** Networks that have been trained a little, and data for them. */
  static async of(network: Network): Promise<Growth> {
    const rows = await data(network, EVENTS);
    const starts: Uint8Array[] = [];
    for (let seed = 1; seed <= STARTS; seed++) {
      using model = await create(network, seed);
      await model.fit(rows, { batchSize: BATCH });
      starts.push(await model.save());
    }
    return new Growth(await create(network, 1), rows, await data(network, 1), starts);
  }

  /**
   * Microseconds of an event by the engine's clock, in a `fit` with one in every step; and those that it adds: that fit less what the
   * same steps take with an event in the last one only (so that what a fit needs to begin counts in both), the mean of those before
   * (on the widths at the start) and of those after (on the widths reached).
   */
  async event(milliseconds: number): Promise<EventTimes> {
    const [events, added, weights] = [[] as number[], [] as number[], [] as number[]];
    const end = performance.now() + milliseconds;
    do {
      await this.#restart();
      const before = await this.#fit(EVENTS);
      await this.#restart();
      const grown = await this.#fit(1);
      const after = await this.#fit(EVENTS);
      events.push(grown.history.timing.eventMilliseconds);
      added.push(grown.ms - (before.ms + after.ms) / 2);
      weights.push(meanWeights(grown.history));
      this.#turn++;
    } while (performance.now() < end);
    return { us: (1000 * mean(events)) / EVENTS, added: (1000 * mean(added)) / (EVENTS - 1), weights: mean(weights) };
  }

  /**
   * Microseconds of `updateFeatures` on a batch that is not the step's, with the call's way there and back. A pass on that batch comes
   * first, untimed: as in a training, the engine then has room for such a pass.
   */
  async change(milliseconds: number): Promise<number> {
    const times: number[] = [];
    const end = performance.now() + milliseconds;
    do {
      await this.#restart();
      await this.#model.evaluate(this.#other);
      const start = performance.now();
      for (let event = 0; event < EVENTS; event++) await this.#model.updateFeatures(this.#other);
      times.push(performance.now() - start);
      this.#turn++;
    } while (performance.now() < end);
    return (1000 * mean(times)) / EVENTS;
  }

  #restart(): Promise<void> {
    return this.#model.restore(this.#starts[this.#turn % STARTS]!);
  }

  async #fit(every: number): Promise<{ ms: number; history: History }> {
    const start = performance.now();
    const history = await this.#model.fit(this.#rows, { batchSize: BATCH, growth: { ...growth, every } });
    return { ms: performance.now() - start, history };
  }
}

function meanWeights({ events }: History): number {
  const counts = events.map((event) => (event.verdict === 'kept' ? event.weightsAfter : event.weightsBefore));
  return mean(counts) / events[0]!.weightsBefore;
}
