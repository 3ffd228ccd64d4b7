/** Inside the engine: scoring many candidates, and adding and removing one feature. */
import type { Axis, Kernels } from '../kernels.ts';
import type { Network } from '../networks.ts';
import type { FeatureRow, ScoringRow, StepRow } from '../results.ts';
import { Series } from '../rounds.ts';
import { least, median } from '../statistics.ts';
import type { Measurement } from './measurement.ts';

/** Candidates scored in one sweep. */
const CANDIDATES = 64;
/** What one change of structure may take: microseconds, and those of each weight. */
const ALLOWED_US = 5;
const ALLOWED_US_PER_WEIGHT = 1e-3;

/** Both hidden axes of the networks that have two. */
function axes(networks: readonly Network[]): (Axis & { net: string })[] {
  return networks.flatMap(({ name, input, filters, units }) => {
    const [inputs, hidden1, hidden2, outputs] = [...input, ...units];
    if (filters.length > 0 || units.length !== 3) return [];
    const widths = [inputs!, hidden1!, hidden2!, outputs!] as const;
    return ([0, 1] as const).map((axis) => ({ net: name, widths, axis }));
  });
}

/** Exact loss of many candidates on one batch, beside that of none: the pass, which a growth event inside a step has already. */
export function scoring(kernels: Kernels, networks: readonly Network[]): Measurement<ScoringRow, readonly StepRow[]> {
  const cases = axes(networks).map((where) => {
    const [all, none] = [CANDIDATES, 0].map((count) => {
      const work = kernels.candidates(count, where);
      return new Series(() => {
        work.prepare();
        return work.sample();
      });
    });
    return { where, all: all!, none: none! };
  });
  return {
    series: cases.flatMap(({ all, none }) => [all, none]),
    rows: (steps) =>
      cases.map(({ where: { net, axis }, all, none }) => {
        const step = steps.find((row) => row.net === net && row.module === kernels.line)!.cambiumMinUs;
        const passUs = least(none.values);
        const minUs = least(all.values) - passUs;
        const us = median(all.values.map((value, round) => value - none.values[round]!));
        return { net, axis, candidates: CANDIDATES, us, minUs, inSteps: minUs / step, passUs, withPassInSteps: (minUs + passUs) / step };
      }),
  };
}

/** Adding and removing one feature within capacity. */
export function features(kernels: Kernels, networks: readonly Network[]): Measurement<FeatureRow> {
  const cases = axes(networks).map((where) => {
    const work = kernels.feature(where);
    let weights = 0;
    const series = new Series(async () => {
      work.prepare();
      weights = kernels.weights / 2;
      // One repeat adds a feature and removes one.
      return (await work.sample()) / 2;
    });
    return { where, series, weights: () => weights };
  });
  return {
    series: cases.map((one) => one.series),
    rows: () =>
      cases.map(({ where: { net, axis }, series: { values }, weights }) => ({
        net,
        axis,
        us: median(values),
        minUs: least(values),
        weights: weights(),
        allowedUs: ALLOWED_US + ALLOWED_US_PER_WEIGHT * weights(),
      })),
  };
}
