/** Grown networks against their controls, paired by seed. */
import { controlNames, type Control } from '../rivals/controls.ts';
import { mean } from '../../statistics.ts';
import type { Run } from '../run/record.ts';
import { meanOf, type Group, type Mean } from './rows.ts';

/** What a grown network is compared with: a control, or fixed networks of twice its weights. */
export type Against = Control | 'double';

/** What each is, in words. */
export const againstNames: Readonly<Record<Against, string>> = { ...controlNames, double: 'fixed networks of twice its weights' };

/** One comparison. */
export interface Comparison {
  data: string;
  method: string;
  budget: number | null;
  against: Against;
  seeds: number;
  /** Mean weights and score of the grown networks, on the seeds that have both. */
  weights: number;
  score: number;
  /** Of the others. */
  otherWeights: number;
  otherScore: number;
  /** Score of the grown networks less that of the others. */
  difference: Mean;
}

/** All comparisons of grown networks among `groups`. */
export function comparisons(groups: readonly Group[]): Comparison[] {
  return groups.flatMap((grown) => {
    const { data, method, budget } = grown.row;
    if (!grown.grown) return [];
    const controls = groups.filter(({ row, runs }) => row.data === data && row.budget === budget && runs[0]!.method === method && runs[0]!.control !== undefined);
    const double = withDouble(grown);
    // There may be no fixed network so large.
    const isThere = double.otherWeights <= mean(grown.curves.map(({ most }) => most));
    return [...controls.map((other) => withControl(grown, other)), ...(isThere ? [double] : [])];
  });
}

function withControl(grown: Group, other: Group): Comparison {
  return compare(grown, other.runs[0]!.control!, pairsOf(grown.runs, other.runs));
}

/** The runs of two rivals on the same seeds. */
export function pairsOf(runs: readonly Run[], others: readonly Run[]): (readonly [Run, Run])[] {
  return runs.flatMap((run) => {
    const partner = others.find(({ seed }) => seed === run.seed);
    return partner ? [[run, partner] as const] : [];
  });
}

function withDouble(grown: Group): Comparison {
  const double = (run: Group['runs'][number], i: number) => ({ weights: 2 * run.weights, score: grown.curves[i]!.scoreAtWeights(2 * run.weights) });
  return compare(grown, 'double', grown.runs.map((run, i) => [run, double(run, i)] as const));
}

type Sized = { weights: number; score: number };

function compare({ row: { data, method, budget } }: Group, against: Against, pairs: readonly (readonly [Sized, Sized])[]): Comparison {
  return {
    ...{ data, method, budget, against },
    seeds: pairs.length,
    weights: mean(pairs.map(([run]) => run.weights)),
    score: mean(pairs.map(([run]) => run.score)),
    otherWeights: mean(pairs.map(([, other]) => other.weights)),
    otherScore: mean(pairs.map(([, other]) => other.score)),
    difference: meanOf(pairs.map(([run, other]) => run.score - other.score)),
  };
}
