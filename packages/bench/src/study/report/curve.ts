/** The fixed networks of one data set and seed as a curve. */
import type { Run } from '../run/record.ts';

/** What a fixed network of any size would have, by interpolation between those that were trained. */
export class Curve {
  readonly #runs: readonly Run[];

  constructor(runs: readonly Run[]) {
    this.#runs = [...runs].sort((a, b) => a.weights - b.weights);
  }

  /** Weights of the largest network. */
  get most(): number {
    return this.#runs.at(-1)!.weights;
  }

  /** The score at so many weights, linear in their logarithm; beyond the smallest and the largest network that network's. */
  scoreAtWeights(weights: number): number {
    return between(this.#runs.map((run) => [Math.log(run.weights), run.score]), Math.log(weights));
  }

  /** The score at so many multiply-adds, likewise. */
  scoreAtMacs(macs: number): number {
    return between(this.#runs.map((run) => [Math.log(run.macs), run.score]), Math.log(macs));
  }
}

/** The line through `points`, whose first numbers rise, at `x`; level beyond its ends. */
export function between(points: readonly (readonly [x: number, y: number])[], x: number): number {
  const next = points.findIndex(([end]) => end >= x);
  if (next <= 0) return points.at(next)![1];
  const [[x0, y0], [x1, y1]] = [points[next - 1]!, points[next]!];
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}
