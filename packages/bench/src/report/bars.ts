/** What the engine must reach, and what it reached in this run. */
import type { ConvRow, GemmRow, Results, StepRow } from '../results.ts';
import { judged } from './bar.ts';
import { figure, percent, type Section } from './section.ts';

/** Largest gzip size of a module in bytes. */
const MODULE_BYTES = 250_000;
/** Milliseconds from the import to the engine being ready. */
const READY_MS = 100;
/** Share of the peak of whole steps on one thread. */
const WHOLE_STEP = 0.7;
const WIDE = ['784-128-64-10', '784-512-512-10'];
/** Times faster than PyTorch on all cores and than TensorFlow.js. */
const OTHERS: readonly { net: string; torch: number; tfjs?: number }[] = [
  { net: '64-16-16-10', torch: 25, tfjs: 80 },
  { net: '784-128-64-10', torch: 1.5, tfjs: 20 },
  { net: '784-512-512-10', torch: 0.5, tfjs: 22 },
  { net: 'CIFAR f=4', torch: 6 },
  { net: 'CIFAR f=16', torch: 3 },
  { net: 'CIFAR f=64', torch: 0.9 },
];
/** Two threads against one. */
const TWO_THREADS = 1.7;
const SCALED = ['784-128-64-10', 'CIFAR f=16'];
/** Training steps that an event inside a step and one on another batch may take. */
const EVENT_STEPS = 0.5;
const UPDATE_STEPS = 1;
/** Training steps that scoring 64 candidates may take. */
const SCORING: readonly { net: string; axis: number; steps: number }[] = [
  { net: '64-16-16-10', axis: 1, steps: 5 },
  { net: '64-16-16-10', axis: 0, steps: 8 },
  { net: '784-128-64-10', axis: 1, steps: 0.5 },
];

/** The table of the bars. */
export function bars(results: Results): Section {
  return {
    title: 'The bars',
    text:
      'What the engine must reach on two cores, and what it reached in this run; of several cases the worst counts. Speeds, ' +
      'times and ratios are of least times, the engine being ready and what an event adds to a fit of medians. Against the others Cambium runs on two threads, PyTorch ' +
      'on all cores, TensorFlow.js on the one thread that it has in Node.',
    head: ['case', 'bar', 'reached', 'met'],
    rows: [...kernels(results), ...steps(results), ...growth(results), ...rest(results)],
  };
}

const net = (row: { net: string }): string => row.net;
const times = (ratio: number): string => `${figure(ratio)}x`;

function kernels({ gemm, conv }: Results): string[][] {
  const speed = <Row extends GemmRow | ConvRow>(what: string, bar: number, rows: readonly Row[], name: (row: Row) => string) =>
    judged({
      what,
      bar: `>= ${percent(bar)} of peak`,
      rows,
      share: (row) => bar / row.fraction,
      shown: (row) => percent(row.fraction),
      name,
    });
  const ofWidth = (least: number, most: number) =>
    gemm.filter(({ module, k, n }) => module === 'relaxed' && Math.min(k, n) >= least && Math.min(k, n) <= most);
  const ofChannels = (least: number, most: number) =>
    conv.filter(({ module, inputs: i, outputs: o }) => module === 'relaxed' && Math.min(i, o) >= least && Math.min(i, o) <= most);
  const dense = ({ form, m, k, n }: GemmRow) => `${form}, ${m}x${k}x${n}`;
  const plane = ({ form, side, inputs, outputs, stride }: ConvRow) => `${form}, ${side}x${side}, ${inputs} to ${outputs}, stride ${stride}`;
  return [
    speed('dense layers, 32 to 512 wide', 0.85, ofWidth(32, 512), dense),
    speed('dense layers, 2048 wide', 0.7, ofWidth(2048, 2048), dense),
    speed('dense layers, 8 to 16 wide', 0.5, ofWidth(8, 16), dense),
    speed('3x3 convolutions, 16 channels or more', 0.65, ofChannels(16, Infinity), plane),
    speed('3x3 convolutions, 3 or 4 channels', 0.35, ofChannels(3, 4), plane),
  ];
}

function steps({ steps, scaling }: Results): string[][] {
  const of = (name: string, module: StepRow['module']) => steps.filter((row) => row.net === name && row.module === module);
  const against = (name: string, who: string, us: 'torchMinUs' | 'tfjsMinUs', bar: number) => {
    const rows = of(name, 'relaxed-threads').flatMap((row) => {
      const other = row[us];
      return other === undefined ? [] : [{ net: name, ratio: other / row.cambiumMinUs }];
    });
    return ratio(`step ${name} against ${who}`, bar, rows);
  };
  const ratio = (what: string, bar: number, rows: readonly { net: string; ratio: number }[]) =>
    judged({ what, bar: `>= ${bar}x`, rows, share: (row) => bar / row.ratio, shown: (row) => times(row.ratio), name: net });
  return [
    ...WIDE.map((name) =>
      judged({
        what: `whole step ${name}, one thread`,
        bar: `>= ${percent(WHOLE_STEP)} of peak`,
        rows: of(name, 'relaxed'),
        share: (row) => WHOLE_STEP / row.fractionOfPeak,
        shown: (row) => percent(row.fractionOfPeak),
        name: net,
      }),
    ),
    ...OTHERS.map((row) => against(row.net, 'PyTorch', 'torchMinUs', row.torch)),
    ...OTHERS.flatMap((row) => (row.tfjs === undefined ? [] : [against(row.net, 'TensorFlow.js', 'tfjsMinUs', row.tfjs)])),
    ...SCALED.map((name) =>
      ratio(`two threads against one, ${name}`, TWO_THREADS, scaling.filter((row) => row.net === name && row.module === 'relaxed-threads')),
    ),
  ];
}

function growth({ growth: rows, scoring, features }: Results): string[][] {
  return [
    judged({
      what: 'growth event inside a step',
      bar: `<= ${EVENT_STEPS} steps`,
      rows,
      share: (row) => row.eventInSteps / EVENT_STEPS,
      shown: (row) => `${figure(row.eventInSteps)} by the engine's clock, adding ${figure(row.addedInSteps)} to the fit`,
      name: net,
    }),
    judged({
      what: '`updateFeatures` on another batch',
      bar: `<= ${UPDATE_STEPS} step`,
      rows,
      share: (row) => row.updateFeaturesInSteps / UPDATE_STEPS,
      shown: (row) => figure(row.updateFeaturesInSteps),
      name: net,
    }),
    ...SCORING.map(({ net: name, axis, steps: allowed }) =>
      judged({
        what: `64 candidates, ${name}, ${axis === 0 ? 'first' : 'last'} hidden axis`,
        bar: `<= ${allowed} steps`,
        rows: scoring.filter((row) => row.net === name && row.axis === axis),
        share: (row) => row.inSteps / allowed,
        shown: (row) => `${figure(row.inSteps)}; with a pass of its own ${figure(row.withPassInSteps)}`,
        name: net,
      }),
    ),
    judged({
      what: 'adding or removing one feature, mean of both',
      bar: '<= 5 us + 1 ns a weight',
      rows: features,
      share: (row) => row.minUs / row.allowedUs,
      shown: (row) => `${figure(row.minUs)} of ${figure(row.allowedUs)} us`,
      name: (row) => `${row.net}, axis ${row.axis}`,
    }),
  ];
}

function rest({ modules, startup }: Results): string[][] {
  return [
    judged({
      what: 'module size, gzip',
      bar: '<= 250 KB',
      rows: modules,
      share: (row) => row.gzipBytes / MODULE_BYTES,
      shown: (row) => `${(row.gzipBytes / 1000).toFixed(1)} KB`,
      name: (row) => row.module,
    }),
    judged({
      what: 'engine ready in Node',
      bar: `<= ${READY_MS} ms`,
      rows: [startup.worker],
      share: (row) => row.readyMs / READY_MS,
      shown: (row) => `${figure(row.readyMs)} ms, at best ${figure(row.readyMinMs)}`,
      name: (row) => row.module,
    }),
  ];
}
