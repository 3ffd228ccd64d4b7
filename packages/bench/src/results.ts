/** Every figure of a run, as `--json` writes it. Times in microseconds; `...Min` is the least of the samples, else their median. */
import type { ModuleName } from 'cambium';
import type { Line } from './kernels.ts';
import type { ConvShape, Form } from './shapes.ts';

/** Versions of what Cambium is compared with. */
export interface Others {
  tfjs: string;
  torch?: string;
}

/** Where and how it ran. */
export interface Machine<Compared = Others> {
  processor: string;
  cores: number;
  memoryBytes: number;
  system: string;
  date: string;
  command: string;
  versions: { node: string; v8: string; cambium: string } & Compared;
}

/** How quiet the machine was: measurements whose median lies far above their least. */
export interface Noise {
  noisy: number;
  of: number;
  /** The largest distance of a median from its least, as a share of it. */
  worst: number;
}

/** A speed in GFLOP/s, from the least time and from the median one, and the former as a share of the fused peak. */
export interface Speed {
  gflops: number;
  medianGflops: number;
  fraction: number;
}

/** One form of a dense layer: `m` rows, `k` inputs, `n` outputs. */
export interface GemmRow extends Speed {
  module: Line;
  form: Form;
  m: number;
  k: number;
  n: number;
}

/** One form of a 3x3 convolution. */
export interface ConvRow extends Speed, ConvShape {
  module: Line;
  form: Form;
}

/** A training step of one build of the engine, and of the others on the same network. */
export interface StepRow {
  net: string;
  module: ModuleName;
  threads: number;
  cambiumUs: number;
  cambiumMinUs: number;
  /** Of one thread's fused peak, from the least time. */
  fractionOfPeak: number;
  tfjsUs?: number;
  tfjsMinUs?: number;
  /** Why TensorFlow.js cannot train the network. */
  tfjsError?: string;
  torchUs?: number;
  torchMinUs?: number;
  torchThreads?: number;
  torchOneThreadUs?: number;
  torchOneThreadMinUs?: number;
}

/** Growth of one network on one thread. */
export interface GrowthRow {
  net: string;
  module: ModuleName;
  /** By the engine's clock. */
  eventUs: number;
  eventMinUs: number;
  /** Of a training step, least times both. */
  eventInSteps: number;
  /** What an event adds to the fit, with its way to JavaScript and what it changes for the steps after it. */
  addedUs: number;
  /** Of a training step, medians both. */
  addedInSteps: number;
  /** Mean weights over the events, as a share of those at the start. */
  weights: number;
  updateFeaturesUs: number;
  updateFeaturesMinUs: number;
  /** Of a training step, least times both. */
  updateFeaturesInSteps: number;
}

/** Exact scoring of candidates on one batch and one axis, from a pass of the batch. */
export interface ScoringRow {
  net: string;
  axis: number;
  candidates: number;
  us: number;
  minUs: number;
  /** Of a training step, least times both. */
  inSteps: number;
  /** The pass itself, which a growth event inside a step has already; not counted above. */
  passUs: number;
  /** Both together, of a training step. */
  withPassInSteps: number;
}

/** Adding or removing one feature: the mean of one addition and one removal. */
export interface FeatureRow {
  net: string;
  axis: number;
  us: number;
  minUs: number;
  /** Weights written or moved, without their moments. */
  weights: number;
  /** The bar: 5 microseconds and 1 nanosecond a weight. */
  allowedUs: number;
}

/** One thread against two, least times. */
export interface ScalingRow {
  net: string;
  module: ModuleName;
  oneThreadUs: number;
  twoThreadsUs: number;
  ratio: number;
  /** Of the medians: two threads lose more than one to other users of the machine. */
  medianRatio: number;
  /** The speed of both threads, as a share of the peak of two threads at once. */
  fractionOfPeak: number;
}

/** Size of one module in bytes. */
export interface ModuleRow {
  module: string;
  bytes: number;
  gzipBytes: number;
}

/** Milliseconds from the import until the engine is ready, in a fresh process. */
export interface StartUpRow {
  module: string;
  threads: number;
  /** The median share of the import. */
  importMs: number;
  readyMs: number;
  readyMinMs: number;
}

/** Bytes after training one network in a process of its own. */
export interface MemoryRow {
  net: string;
  contender: string;
  /** Of the whole process at its largest. */
  process: number;
  engine?: number;
}

/** GFLOP/s in WebAssembly: of one thread, with and without fused multiply-adds, and of two threads together. */
export interface Peak {
  fused: number;
  split: number;
  fusedOfTwo: number;
}

/** All of it. */
export interface Results {
  quick: boolean;
  machine: Machine;
  noise: Noise;
  peak: Peak;
  gemm: GemmRow[];
  conv: ConvRow[];
  steps: StepRow[];
  growth: GrowthRow[];
  scoring: ScoringRow[];
  features: FeatureRow[];
  scaling: ScalingRow[];
  modules: ModuleRow[];
  startup: { worker: StartUpRow; inline: StartUpRow };
  memory: MemoryRow[];
}
