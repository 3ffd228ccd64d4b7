/** Goals of the method without a knob, judged by rows whose verdict can be told beforehand. */
import { describe, expect, it } from 'vitest';
import { comparisons } from '../src/study/report/comparisons.ts';
import { goals, goalTable, type Judged } from '../src/study/report/goals.ts';
import { groups } from '../src/study/report/rows.ts';
import type { Run } from '../src/study/run/record.ts';

const layout = { input: [13], filters: [], units: [4, 3] };

function run(data: string, seed: number, method: string, weights: number, score: number, validLoss: number = 1): Run {
  return { data, seed, method, weights, score, validLoss, seconds: 1, eventShare: 0, layout, macs: weights };
}

/** The goals that were run, of those whose text begins so. */
function judge(runs: readonly Run[], begin: string): Judged[] {
  const grouped = groups(runs);
  return goals({ groups: grouped, comparisons: comparisons(grouped) }).filter(({ goal, met }) => met !== null && goal.startsWith(begin));
}

describe('auto on a table', () => {
  // By rows to decide by, the small network is to be taken on the first seed and the large one on the others.
  const fixed = [
    ...[90, 92, 94].map((score, i) => run('wine', i + 1, 'fixed', 70, score, i === 0 ? 0.1 : 0.3)),
    ...[92, 96, 94].map((score, i) => run('wine', i + 1, 'fixed', 140, score, 0.2)),
  ];

  it('is compared with the fixed network that is best in hindsight, and with what a person could have chosen', () => {
    const auto = [93, 97, 97].map((score, i) => run('wine', i + 1, 'auto', 100, score));
    expect(judge([...fixed, ...auto], 'auto: at least')).toEqual([
      {
        data: 'wine',
        goal: 'auto: at least the best fixed network, with fewer weights',
        reached:
          '95.67 at 100 weights; the best fixed network has 94.00 at 140: difference +1.67 ± 0.67, better; ' +
          'those chosen by rows to decide by, seed by seed, have 93.33 at 117: difference +2.33 ± 0.67, better',
        met: true,
      },
    ]);
  });

  it('is met by means alone, whether or not the difference can be told from none', () => {
    const at = (scores: readonly number[], weights: number) => judge([...fixed, ...scores.map((score, i) => run('wine', i + 1, 'auto', weights, score))], 'auto: at least')[0]!;
    const higher = at([95, 96, 93], 100);
    expect(higher.met).toBe(true);
    expect(higher.reached).toContain('94.00 at 140: difference +0.67 ± 1.20, not to be told from none');
    expect(at([91, 95, 93], 100).reached).toContain('94.00 at 140: difference -1.00 ± 0.00, worse');
    expect([at([91, 95, 93], 100).met, at([95, 96, 93], 140).met]).toEqual([false, false]);
  });
});

describe('auto on a table, by its score', () => {
  it('needs fewer weights than what was chosen', () => {
    const fixed = [0, 1, 2].map((i) => run('wine', i + 1, 'fixed', 140, 94, 0.2));
    const met = (score: number, weights: number) => judge([...fixed, ...[0, 1, 2].map((i) => run('wine', i + 1, 'auto', weights, score))], 'auto: a score of 95.6')[0]!.met;
    expect([met(95.7, 139), met(95.7, 140), met(95.5, 139)]).toEqual([true, false, false]);
  });
});

describe('budget', () => {
  it('meets no goal above a control that was not made', () => {
    const runs = [1, 2].flatMap((seed) => [run('CIFAR-10', seed, 'fixed', 20_000, 40), { ...run('CIFAR-10', seed, 'budget', 7000, 60), budget: 7200 }]);
    const of = (control: 'retrained' | 'doubling', score: number) => [1, 2].map((seed) => ({ ...run('CIFAR-10', seed, 'budget', 7000, score), budget: 7200, control }));
    expect(judge(runs, 'budget').map(({ met }) => met)).toEqual([false, false, false]);
    const control = of('retrained', 50);
    expect(judge([...runs, ...control], 'budget').map(({ met }) => met)).toEqual([true, false, true]);
    expect(judge([...runs, ...control, ...of('doubling', 61)], 'budget').map(({ met }) => met)).toEqual([true, false, true]);
    expect(judge([...runs, ...control, ...of('doubling', 55)], 'budget').map(({ met }) => met)).toEqual([true, true, true]);
  });
});

describe('auto from several starts', () => {
  it('is judged in each setting that was run', () => {
    const from = (data: string, weights: readonly number[]) => [
      run(data, 1, 'fixed', 500, 90),
      ...weights.map((one, i) => run(data, 1, ['auto', 'auto from 16', 'auto from 32'][i]!, one, 90)),
    ];
    const judged = judge([...from('digits', [1000, 1099, 1050]), ...from('digits, weight decay', [1000, 1101, 1050])], 'auto: weights');
    expect(judged.map(({ data, reached, met }) => [data, reached, met])).toEqual([
      ['digits', 'auto: 1,000; auto from 16: 1,099; auto from 32: 1,050', true],
      ['digits, weight decay', 'auto: 1,000; auto from 16: 1,101; auto from 32: 1,050', false],
    ]);
  });
});

describe('growth events', () => {
  const of = (data: string, method: string, eventShare: number, filters: number[] = []) => [
    run(data, 1, 'fixed', 500, 90),
    { ...run(data, 1, method, 400, 90), eventShare, layout: { ...layout, filters } },
  ];
  const judged = (runs: readonly Run[]) => judge(runs, 'auto, price and budget').map(({ data, reached, met }) => [data, reached, met]);

  it('are judged by the worst of the methods that are not there for comparison', () => {
    expect(judged([...of('digits', 'budget', 0.08), ...of('digits', 'price 0.3', 0.11), ...of('digits', 'tiny', 0.5)])).toEqual([['digits', 'at most 11.0 %, price 0.3 at 400 weights', false]]);
    expect(judged(of('digits', 'auto', 0.1))).toEqual([['digits', 'at most 10.0 %, auto at 400 weights', true]]);
  });

  it('may take more of the time where there are convolutions', () => {
    expect(judged(of('CIFAR-10', 'budget', 0.14, [2, 4]))).toEqual([['CIFAR-10', 'at most 14.0 %, budget at 400 weights', true]]);
  });

  it('of the digits as images are judged by themselves, and nothing else is', () => {
    const runs = ['digits as images', 'digits as images, weight decay'].flatMap((data) => [...of(data, 'auto', 0.14, [2, 4]), ...of(data, 'auto from 16', 0.16, [2, 4]).slice(1)]);
    expect(judged(runs)).toEqual(['digits as images', 'digits as images, weight decay'].map((data) => [data, 'at most 16.0 %, auto from 16 at 400 weights', false]));
    expect(judge(runs, '')).toHaveLength(2);
  });
});

describe('the recipe', () => {
  const losses = (method: string, weights: number, values: readonly number[]) => values.map((loss, i) => run('CIFAR-10 recipe', i + 1, method, weights, 40, loss));
  const both = (weights: number, values: readonly number[], seconds = 0.9) => {
    const runs = [...losses('fixed', 300, [2, 2, 2]), ...losses('stochastic recipe', 400, [1.6, 1.7, 1.6]), ...losses('budget', weights, values)];
    const [judged] = judge(runs.map((one) => (one.method === 'budget' ? { ...one, seconds } : one)), 'budget: lower');
    return [judged!.met, judged!.reached.split('; ').at(-1)];
  };

  it('is beaten by a loss that is lower by two standard errors, with fewer weights in less time', () => {
    expect(both(399, [1.5, 1.6, 1.51])).toEqual([true, 'loss lower by +0.10 ± 0.00, time by +0.10 ± 0.00 s']);
    expect(both(400, [1.5, 1.6, 1.51])[0]).toBe(false);
    expect(both(399, [1.5, 1.8, 1.51])).toEqual([false, 'loss lower by +0.03 ± 0.07, time by +0.10 ± 0.00 s']);
    expect(both(399, [1.5, 1.6, 1.51], 1)).toEqual([false, 'loss lower by +0.10 ± 0.00, time by +0.00 ± 0.00 s']);
  });
});

describe('the table of goals', () => {
  it('counts each setting, and what differs in more than that', () => {
    const one = (data: string, goal: string, met: boolean | null) => ({ data, goal, reached: '', met });
    const { text } = goalTable([one('digits', 'a', true), one('digits, weight decay', 'a', false), one('digits', 'b', false), one('wine', 'a', true), one('MNIST', 'a', null)]);
    expect(text).toContain('2 of the 4 goals that were run are met, counting each setting; of the 3 that differ in more than the setting, 2 are met in one setting at least.');
  });
});
