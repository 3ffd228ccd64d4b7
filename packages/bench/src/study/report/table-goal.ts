/** The method without a knob against fixed networks: the best one in hindsight, and the one that could have been chosen. */
import { mean } from '../../statistics.ts';
import type { Run } from '../run/record.ts';
import { pairsOf } from './comparisons.ts';
import { meanOf, type Group } from './rows.ts';
import { signed, verdict, whole } from './verdict.ts';

/** What became of the goals on a table. */
export interface AgainstFixed {
  reached: string;
  /** Mean score on test rows. */
  score: number;
  /** Whether the networks that a person could have chosen have more weights. */
  isSmaller: boolean;
  /** Whether it is at least as good as the best one, by means alone, with fewer weights. */
  isBest: boolean;
}

/** What `groups`, those of one data set, say, or undefined where `auto` was not run. */
export function againstFixed(groups: readonly Group[]): AgainstFixed | undefined {
  const auto = groups.find(({ row }) => row.method === 'auto');
  if (!auto) return undefined;
  const { row } = auto;
  const fixed = groups.filter(({ row: { method } }) => method === 'fixed');
  const best = fixed.reduce((a, b) => (b.row.score > a.row.score ? b : a));
  const chosen = chosenRuns(fixed.flatMap(({ runs }) => runs));
  const isSmaller = row.weights < mean(chosen.map(({ weights }) => weights));
  const chosenText = `${mean(chosen.map(({ score }) => score)).toFixed(2)} at ${whole(mean(chosen.map(({ weights }) => weights)))}`;
  return {
    reached:
      `${row.score.toFixed(2)} at ${whole(row.weights)} weights; the best fixed network has ${best.row.score.toFixed(2)} at ${whole(best.row.weights)}: ${paired(auto.runs, best.runs)}; ` +
      `those chosen by rows to decide by, seed by seed, have ${chosenText}: ${paired(auto.runs, chosen)}`,
    ...{ score: row.score, isSmaller },
    isBest: row.score >= best.row.score && row.weights < best.row.weights,
  };
}

/** For each seed the network with the least loss on the rows to decide by. */
function chosenRuns(runs: readonly Run[]): Run[] {
  const least = new Map<number, Run>();
  for (const run of runs) {
    const other = least.get(run.seed);
    if (!other || run.validLoss < other.validLoss) least.set(run.seed, run);
  }
  return [...least.values()];
}

/** The difference paired by seed, and whether it can be told from none. */
function paired(runs: readonly Run[], others: readonly Run[]): string {
  const difference = meanOf(pairsOf(runs, others).map(([run, other]) => run.score - other.score));
  const told = verdict(difference);
  return `difference ${signed(difference)}, ${told === 'neither' ? 'not to be told from none' : told}`;
}
