/** Measurements in turns. */

/** The samples of one measurement, one for each turn. */
export class Series {
  /** First to last; smaller is better. */
  readonly values: number[] = [];
  readonly #sample: () => Promise<number>;

  /** @param sample - measures once */
  constructor(sample: () => Promise<number>) {
    this.#sample = sample;
  }

  /** Takes one sample. */
  async take(): Promise<void> {
    this.values.push(await this.#sample());
  }
}

/** Takes one sample of each of `series` in turn, `rounds` times, so that a slow minute of the machine hits all alike. */
export async function inTurns(series: readonly Series[], rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (const [index, one] of series.entries()) {
      if (process.stderr.isTTY) process.stderr.write(`\rround ${round} of ${rounds}: ${index + 1} of ${series.length} `);
      await one.take();
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
}
