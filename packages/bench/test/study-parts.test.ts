/** Parts of the study whose results can be told beforehand. */
import type { GrowthEvent } from 'cambium';
import { describe, expect, it } from 'vitest';
import { multiplyAdds, weightsOf, type Layout } from '../src/networks.ts';
import { comparisons } from '../src/study/report/comparisons.ts';
import { goals } from '../src/study/report/goals.ts';
import { markdown, text } from '../src/report/render.ts';
import { groups } from '../src/study/report/rows.ts';
import { controlSentences, sentences } from '../src/study/report/sentences.ts';
import { rivals } from '../src/study/report/tables.ts';
import { methods } from '../src/study/rivals/methods.ts';
import { meanMultiplyAdds } from '../src/study/rivals/path.ts';
import { nearestWidth } from '../src/study/rivals/fit.ts';
import type { Run } from '../src/study/run/record.ts';
import { subjects, type SubjectName } from '../src/study/subjects.ts';

const mlp = (width: number): Layout => ({ input: [64], filters: [], units: [width, width, 10] });

describe('sizes', () => {
  it('counts weights and multiply-adds', () => {
    expect(weightsOf(mlp(8))).toBe(65 * 8 + 9 * 8 + 9 * 10);
    expect(multiplyAdds(mlp(8))).toBe(64 * 8 + 8 * 8 + 8 * 10);
    const conv = { input: [4, 4, 3], filters: [2], units: [5] };
    expect(weightsOf(conv)).toBe(27 * 2 + (2 * 2 * 2 + 1) * 5);
    // Windows of 3x3 at rows 0 and 2 of 4, padded at the end: 3 + 2 rows on the image, and as many columns.
    expect(multiplyAdds(conv)).toBe(5 * 5 * 3 * 2 + 8 * 5);
  });

  it('finds the width that comes nearest', () => {
    expect(nearestWidth(mlp, 870)).toBe(10);
    expect(nearestWidth(mlp, weightsOf(mlp(10)) - 3)).toBe(10);
    expect(nearestWidth(mlp, weightsOf(mlp(10)) + 3)).toBe(10);
    expect(nearestWidth(mlp, 1)).toBe(1);
  });

  it('takes the mean of multiply-adds over the steps', () => {
    const kept = (step: number, change: Partial<GrowthEvent>) => ({ step, verdict: 'kept', ...change }) as GrowthEvent;
    const events = [
      kept(12, { kind: 'add', axis: 0, width: 5 }),
      { ...kept(14, { kind: 'add', axis: 0, width: 6 }), verdict: 'undone' as const },
      kept(16, { kind: 'prune', removed: [{ axis: 0, index: 0, width: 4 }, { axis: 1, index: 3, width: 3 }] }),
    ];
    const [start, middle, end] = [[4, 4], [5, 4], [4, 3]].map(([a, b]) => 64 * a! + a! * b! + b! * 10) as [number, number, number];
    expect(meanMultiplyAdds(mlp(4), { events, steps: 10, firstStep: 10 })).toBeCloseTo((2 * start + 4 * middle + 4 * end) / 10, 10);

    const layers = [kept(12, { kind: 'addLayer', axis: 0, width: 4 }), kept(15, { kind: 'add', axis: 1, width: 7 }), kept(18, { kind: 'removeLayer', axis: 0 })];
    const through = (...units: number[]) => multiplyAdds({ input: [64], filters: [], units: [...units, 10] });
    const behind = (2 * through(4, 4) + 3 * through(4, 4, 4) + 3 * through(4, 7, 4) + 2 * through(7, 4)) / 10;
    expect(meanMultiplyAdds(mlp(4), { events: layers, steps: 10, firstStep: 10 })).toBeCloseTo(behind, 10);

    const dropped = [kept(10, { kind: 'dropInput', index: 7, width: 63 }), kept(15, { kind: 'dropInput', index: 3, width: 62 }), kept(18, { kind: 'restoreInput', index: 7, width: 63 })];
    expect(meanMultiplyAdds(mlp(4), { events: dropped, steps: 10, firstStep: 10 })).toBeCloseTo(4 * (0.7 * 63 + 0.3 * 62) + 16 + 40, 10);
  });
});

describe('methods', () => {
  it('are compared on every data set, where inputs or layers can go those that let them, and on the recipe as its goal asks', () => {
    const on = (name: SubjectName) => methods.filter(({ variants }) => variants(subjects.find((one) => one.name === name)!).length > 0);
    const named = (name: SubjectName) => on(name).map((method) => method.name);
    for (const name of ['digits', 'MNIST'] as const) expect(on(name)).toEqual(methods);
    expect(on('wine')).toEqual(methods.filter(({ name }) => name !== 'budget-all-inputs'));
    for (const name of ['CIFAR-10', 'digits as images'] as const) expect(on(name)).toEqual(methods.filter((one) => one.name !== 'budget-all-inputs' && one.name !== 'depth'));
    expect(named('CIFAR-10 recipe')).toEqual(['auto', 'budget', 'multiply-adds', 'stochastic']);
  });
});

describe('rows', () => {
  const run = (seed: number, method: string, weights: number, score: number, more: Partial<Run> = {}): Run => ({
    ...{ data: 'set', seed, method, weights, score, seconds: weights / 1000, eventShare: 0, layout: mlp(1), validLoss: 1, macs: weights },
    ...more,
  });
  // At 200 weights, in the middle of 100 and 400 in their logarithm, fixed networks have 85 and 75.
  const fixed = [run(1, 'fixed', 100, 80), run(1, 'fixed', 400, 90), run(2, 'fixed', 100, 70), run(2, 'fixed', 400, 80)];

  it('pairs gains by seed, at equal weights and at equal multiply-adds', () => {
    const more = { budget: 200, macs: 400 };
    const grown = [run(1, 'budget', 200, 88, { ...more, eventShare: 0.1 }), run(2, 'budget', 200, 76, { ...more, eventShare: 0.3 })];
    const [row] = groups([...fixed, ...grown]).map((group) => group.row).filter(({ method }) => method === 'budget');
    expect(row).toMatchObject({ data: 'set', seeds: 2, weights: 200, score: 82, budget: 200, mostWeights: 200 });
    expect(row!.gain).toBeCloseTo(2, 10);
    expect(row!.gainSe).toBeCloseTo(1, 10);
    expect(row!.macsGain).toBeCloseTo(-3, 10);
    expect(row!.eventShare).toBeCloseTo(0.2, 10);
    expect(row!.scoreSd).toBeCloseTo(Math.sqrt(72), 10);
  });

  it('takes the end of the curve beyond it, and leaves out seeds without a curve', () => {
    const all = groups([...fixed, run(1, 'budget', 50, 80), run(1, 'budget', 800, 80), run(3, 'budget', 200, 99)]);
    const [row] = all.map((group) => group.row).filter(({ method }) => method === 'budget');
    expect(row).toMatchObject({ seeds: 2, gain: -5 });
  });

  it('compares with controls and with twice the weights', () => {
    const both = [run(1, 'budget', 200, 88, { budget: 200 }), run(2, 'budget', 200, 76, { budget: 200 })];
    const control = run(2, 'budget', 190, 77, { budget: 200, control: 'variance' });
    const [variance, double] = comparisons(groups([...fixed, ...both, control]));
    expect(variance).toMatchObject({ against: 'variance', seeds: 1, otherWeights: 190, difference: { mean: -1, se: null } });
    expect(double).toMatchObject({ against: 'double', seeds: 2, otherWeights: 400, otherScore: 85, difference: { mean: -3 } });
  });

  it('gives no verdict on networks larger than every fixed one', () => {
    const all = groups([...fixed, ...[1, 2].map((seed) => run(seed, 'auto', 500, 99)), ...[1, 2].map((seed) => run(seed, 'price', 300, 99))]);
    expect(all.filter(({ row }) => row.beyond).map(({ row }) => row.method)).toEqual(['auto']);
    expect(comparisons(all)).toEqual([]);
    expect(sentences(all)).toContain('Larger than every fixed network, and so compared with the largest alone, without a verdict: auto at 500 weights.');
    expect(sentences(all)).not.toMatch(/two standard errors: [^.]*auto/);
  });

  it('says where grown networks are worse', () => {
    // Two seeds that agree to the last digit: no error, so every difference counts.
    const grown = [1, 2].flatMap((seed) => {
      const curve = seed === 1 ? 85 : 75;
      return [
        run(seed, 'budget', 200, curve + 2, { budget: 200, macs: 400 }),
        run(seed, 'auto', 200, curve - 1),
        run(seed, 'price', 200, seed === 1 ? 84 : 76),
      ];
    });
    const all = groups([...fixed, ...grown]);
    expect(sentences(all)).toBe(
      '- Better than fixed networks of as many weights by more than two standard errors: budget at 200 weights (+2.00 ± 0.00).\n' +
        '- WORSE than fixed networks of as many weights by more than two standard errors: auto at 200 weights (-1.00 ± 0.00).\n' +
        '- Not to be told from fixed networks of as many weights: price at 200 weights (+0.00 ± 1.00).\n' +
        '- WORSE than fixed networks of as many multiply-adds by more than two standard errors: budget at 200 weights (-3.00 ± 0.00), auto at 200 weights (-1.00 ± 0.00).\n' +
        '- Not to be told from fixed networks of as many multiply-adds: price at 200 weights (+0.00 ± 1.00).',
    );
    expect(controlSentences(comparisons(all))).toBe(
      '- Against fixed networks of twice its weights: better in 0 of 3, WORSE in 3 (budget at 200 weights, auto at 200 weights, price at 200 weights).',
    );
  });

  it('says below a table whose newborns its networks do not allow', () => {
    const note = (names: readonly string[], layout: Partial<Layout>) => {
      const of = ['fixed', 'budget', ...names].map((method) => run(1, method, 100, 80, { layout: { ...mlp(1), ...layout } }));
      return rivals('set', groups(of), []);
    };
    const published = ['gradMax', 'tiny', 'split', 'cascade'];
    const sentence = (names: string) =>
      `Where a convolution or a norm makes or reads the features, silent newborns, random and without effect at first, stand in for those of ${names}: equal rows of these are of one rule and compare nothing.`;
    const onChain = note(published, { filters: [4, 4] });
    expect(onChain.note).toBe(sentence('gradMax and tiny'));
    expect(note(published, { filters: [4, 4], residual: true }).note).toBe(sentence('gradMax, tiny and cascade'));
    expect(note(['tiny'], { filters: [4, 4] }).note).toBe(sentence('tiny'));
    expect([note(published, {}).note, note(['split'], { filters: [4, 4] }).note]).toEqual([undefined, undefined]);
    expect(markdown(onChain).endsWith(` |\n\n${onChain.note}\n`)).toBe(true);
    expect(text(onChain).replaceAll('\n', ' ')).toContain(onChain.note);
  });

  it('judges goals by the rows', () => {
    const at = (budget: number, score: number, more: Partial<Run> = {}) =>
      [1, 2].map((seed) => run(seed, 'budget', budget - 10, score + (seed - 1) / 10, { data: 'MNIST', budget, ...more }));
    const curve = [1, 2].flatMap((seed) => [run(seed, 'fixed', 400, 80, { data: 'MNIST' }), run(seed, 'fixed', 20_000, 93, { data: 'MNIST' })]);
    const variance = { control: 'variance' } as const;
    const runs = [...curve, ...at(1500, 91), ...at(1500, 89, variance), ...at(3200, 95), ...at(3200, 96, variance), ...at(13_000, 94.1)];
    const grouped = groups(runs);
    const judged = goals({ groups: grouped, comparisons: comparisons(grouped) });
    const [small, other, wide] = ['1,500', '3,200', '13,000'].map((weights) => judged.find(({ goal }) => goal.includes(` at ${weights} `)));
    expect(small).toMatchObject({ data: 'MNIST', goal: 'budget: 90.4 at 1,500 weights at most, above fixed, variance', met: true });
    expect(small!.reached).toMatch(/^91\.05 at 1,490 weights at most; gain \+\d\.\d\d ± 0\.05; over variance \+2\.00 ± 0\.00$/);
    // Worse than its control, and below its score.
    expect([other!.met, wide!.met]).toEqual([false, false]);
    expect(judged.filter(({ met }) => met === null).every(({ reached }) => reached === 'not run')).toBe(true);
  });
});
