/** The report on made-up figures of everything that a full run measures. */
import { beforeAll, expect, it } from 'vitest';
import { scaling } from '../src/measure/steps.ts';
import { planOf } from '../src/plan.ts';
import { bars } from '../src/report/bars.ts';
import { asMarkdown, asText } from '../src/report/report.ts';
import type { Results } from '../src/results.ts';
import { forms } from '../src/shapes.ts';

const { lines, dense, conv, networks, memory } = planOf(false);
let results: Results;

beforeAll(() => {
  const speed = { gflops: 50, medianGflops: 45, fraction: 0.9 };
  const ofForms = <Row>(row: (kernel: { module: (typeof lines)[number]; form: (typeof forms)[number] }) => Row) =>
    lines.flatMap((module) => forms.map((form) => row({ module, form })));
  const peak = { fused: 60, split: 45, fusedOfTwo: 115 };
  const step = { cambiumUs: 30, cambiumMinUs: 25, fractionOfPeak: 0.75, tfjsUs: 2500, tfjsMinUs: 2500, torchUs: 800, torchMinUs: 700, torchThreads: 2 };
  const steps = networks.flatMap(({ name: net }) =>
    lines.flatMap((line) => [
      { net, module: line, threads: 1, ...step },
      { net, module: `${line}-threads` as const, threads: 2, ...step, cambiumMinUs: 14 },
    ]),
  );
  const start = { module: 'relaxed', threads: 1, importMs: 10, readyMs: 60, readyMinMs: 50 };
  results = {
    quick: false,
    machine: { processor: 'p', cores: 2, memoryBytes: 2 ** 33, system: 's', date: '2026-01-01', command: 'c', versions: { node: '1', v8: '2', cambium: '3', tfjs: '4', torch: '5' } },
    noise: { noisy: 1, of: 100, worst: 0.2 },
    peak,
    gemm: ofForms((kernel) => dense.map(({ rows, inputs, outputs }) => ({ ...kernel, m: rows, k: inputs, n: outputs, ...speed }))).flat(),
    conv: ofForms((kernel) => conv.map((shape) => ({ ...kernel, ...shape, ...speed }))).flat(),
    steps,
    growth: networks.map(({ name: net }) => ({ net, module: 'relaxed', eventUs: 9, eventMinUs: 8, eventInSteps: 0.4, addedUs: 9, addedInSteps: 0.4, weights: 1, updateFeaturesUs: 22, updateFeaturesMinUs: 20, updateFeaturesInSteps: 0.9 })),
    scoring: networks.flatMap(({ name: net }) => [0, 1].map((axis) => ({ net, axis, candidates: 64, us: 9, minUs: 8, inSteps: 0.4, passUs: 5, withPassInSteps: 0.6 }))),
    features: [{ net: networks[0]!.name, axis: 0, us: 4, minUs: 3, weights: 50, allowedUs: 5.05 }],
    scaling: scaling(steps, peak),
    modules: lines.map((module) => ({ module, bytes: 600_000, gzipBytes: 240_000 })),
    startup: { worker: start, inline: start },
    memory: memory.map((net) => ({ net, contender: 'cambium', process: 1e8, engine: 1e7 })),
  };
});

it('finds the rows of every bar, and judges each', () => {
  const { rows } = bars(results);
  expect(rows).toHaveLength(26);
  expect(rows.filter(([, , reached]) => reached === 'not measured')).toEqual([]);
  const missed = rows.filter(([, , , met]) => met === 'no').map(([what]) => what);
  expect(missed).toEqual([]);
  results.growth[0]!.updateFeaturesInSteps = 1.1;
  expect(bars(results).rows.find(([what]) => what!.startsWith('`updateFeatures`'))!.slice(2)).toEqual([`1.10 (${networks[0]!.name})`, 'no']);
});

it('is a page with the notes at its end, and the same tables in a terminal', () => {
  const page = asMarkdown(results, '## Notes\n');
  expect(page).toMatch(/^# Benchmarks\n[^]*## The bars\n[^]*## Notes\n$/);
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  expect(rows.length).toBeGreaterThan(lines.length * (dense.length + conv.length));
  const wrong = (page + asText(results)).split('\n').filter((line) => /undefined|NaN/.test(line));
  expect(wrong).toEqual([]);
});
