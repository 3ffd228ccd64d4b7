/** How much is measured. */
import { networks, type Network } from './networks.ts';
import type { Line } from './kernels.ts';
import { convShapes, denseShapes, type ConvShape, type DenseShape } from './shapes.ts';

/** What a run measures, and how often. */
export interface Plan {
  /** Samples of everything: odd, so that the median is one of them. */
  rounds: number;
  /** How long one sample of a training step lasts. */
  stepMs: number;
  /** The kernels' modules, relaxed first. */
  lines: readonly Line[];
  dense: readonly DenseShape[];
  conv: readonly ConvShape[];
  networks: readonly Network[];
  /** Networks that TensorFlow.js runs too, where it can. */
  tfjs: (network: Network) => boolean;
  /** Networks whose memory is looked at. */
  memory: readonly string[];
}

/** For BENCHMARKS.md: everything; under ten minutes on two cores. */
const full: Plan = {
  rounds: 21,
  stepMs: 40,
  lines: ['relaxed', 'simd128'],
  dense: denseShapes,
  conv: convShapes,
  networks,
  tfjs: () => true,
  memory: ['64-16-16-10', '784-512-512-10', 'CIFAR f=16'],
};

/** TensorFlow.js's steps on wider networks last longer than everything else in a quick run. */
const QUICK_TFJS = ['64-16-16-10', '784-32-10'];
/** Its growth alone would take a quarter of a quick run. */
const NOT_QUICK = 'CIFAR f=64';

/** For before and after a change: under two minutes on two cores. */
const quick: Plan = {
  rounds: 5,
  stepMs: 40,
  lines: ['relaxed'],
  dense: denseShapes.filter((shape) => shape.quick),
  conv: convShapes.filter((shape) => shape.quick),
  networks: networks.filter(({ name }) => name !== NOT_QUICK),
  tfjs: ({ name, filters }) => QUICK_TFJS.includes(name) || filters.length > 0,
  memory: ['784-128-64-10'],
};

/** The plan of a quick or a full run. */
export function planOf(isQuick: boolean): Plan {
  return isQuick ? quick : full;
}
