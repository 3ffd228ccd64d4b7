/** From fits to rows: one for each method and size, with means over the seeds. */
import { deviation, mean } from '../../statistics.ts';
import type { Run } from '../run/record.ts';
import { Curve } from './curve.ts';

/** A mean with its standard error, where there are two values or more. */
export interface Mean {
  mean: number;
  se: number | null;
}

/** One rival of one size on one data set, as `--json` writes it. */
export interface Row {
  data: string;
  /** `fixed`, a method, or a method with the control of what it found. */
  method: string;
  /** How many seeds. */
  seeds: number;
  /** Mean weights at the end. */
  weights: number;
  /** Mean percent of right test rows, or 100 times R2. */
  score: number;
  /** Standard deviation of the score over the seeds. */
  scoreSd: number;
  /** Score less that of fixed networks with as many weights, paired by seed; null for those. */
  gain: number | null;
  /** Its standard error. */
  gainSe: number | null;
  /** Mean multiply-adds of one row forward, over the steps. */
  macs: number;
  /** Mean processor time of the fit. */
  seconds: number;
  /** Mean share of the fit's time that growth events took; null where nothing grows. */
  eventShare: number | null;
  /** Score less that of fixed networks with as many multiply-adds, and its standard error. */
  macsGain: number | null;
  macsGainSe: number | null;
  /** Mean loss on the rows to decide by, at the end. */
  validLoss: number;
  /** What was allowed, where something was. */
  budget: number | null;
  /** Most weights at the end. */
  mostWeights: number;
  /** Whether it has more weights, in the mean, than the largest fixed network, whose score its gain is then over. */
  beyond: boolean;
}

/** One row and the fits that it tells of. */
export interface Group {
  row: Row;
  /** Whether the networks grew: neither fixed nor a control. */
  grown: boolean;
  runs: readonly Run[];
  /** Paired by seed with {@link runs}. */
  curves: readonly Curve[];
}

/** All rows, in the order in which they were first run. Fits whose seed has no fixed networks yet are left out. */
export function groups(runs: readonly Run[]): Group[] {
  const curves = new Map<string, Curve>();
  for (const [key, fixed] of grouped(runs.filter(isFixed), seedKey)) curves.set(key, new Curve(fixed));
  const paired = runs.filter((run) => curves.has(seedKey(run)));
  return [...grouped(paired, rowKey).values()].map((of) => group(of, of.map((run) => curves.get(seedKey(run))!)));
}

/** Whether a fixed network of the curve was trained. */
export function isFixed({ method }: Run): boolean {
  return method === 'fixed';
}

/** A row's name for its rival. */
function rival({ method, control }: Run): string {
  return control === undefined ? method : `${method}, ${control}`;
}

function seedKey({ data, seed }: Run): string {
  return `${data}|${seed}`;
}

function rowKey(run: Run): string {
  return [run.data, rival(run), isFixed(run) ? run.weights : run.budget].join('|');
}

function grouped(runs: readonly Run[], key: (run: Run) => string): Map<string, Run[]> {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const group = groups.get(key(run));
    if (group) group.push(run);
    else groups.set(key(run), [run]);
  }
  return groups;
}

function group(runs: readonly Run[], curves: readonly Curve[]): Group {
  const first = runs[0]!;
  const of = (value: (run: Run) => number): number => mean(runs.map(value));
  const fixed = isFixed(first);
  const grown = !fixed && first.control === undefined;
  const gain = fixed ? undefined : meanOf(runs.map((run, i) => run.score - curves[i]!.scoreAtWeights(run.weights)));
  const macsGain = fixed ? undefined : meanOf(runs.map((run, i) => run.score - curves[i]!.scoreAtMacs(run.macs)));
  const row = {
    data: first.data,
    method: rival(first),
    seeds: runs.length,
    weights: of((run) => run.weights),
    score: of((run) => run.score),
    scoreSd: deviation(runs.map((run) => run.score)),
    gain: gain?.mean ?? null,
    gainSe: gain?.se ?? null,
    macs: of((run) => run.macs),
    seconds: of((run) => run.seconds),
    eventShare: grown ? of((run) => run.eventShare) : null,
    macsGain: macsGain?.mean ?? null,
    macsGainSe: macsGain?.se ?? null,
    validLoss: of((run) => run.validLoss),
    budget: first.budget ?? null,
    mostWeights: Math.max(...runs.map((run) => run.weights)),
    beyond: of((run) => run.weights) > mean(curves.map(({ most }) => most)),
  };
  return { row, grown, runs, curves };
}

/** The mean of paired differences, with its standard error. */
export function meanOf(values: readonly number[]): Mean {
  return { mean: mean(values), se: values.length < 2 ? null : deviation(values) / Math.sqrt(values.length) };
}
