/**
 * What crosses between the public API and the engine: the methods, and the plans and reports as plain data.
 * The engine runs in a worker or inline; both sides speak only these types. Handles are positive integers.
 */
import type { EndSignal } from '../ending.ts';
import type { OptimizerSpec } from '../spec.ts';

/** A loss on logits. */
export type LossSpec =
  | { type: 'softmaxCrossEntropy' }
  | { type: 'binaryCrossEntropy' }
  | { type: 'meanSquaredError' }
  | { type: 'huber'; delta: number };

/** What a row is trained towards. */
export type TargetSpec = { type: 'none' } | { type: 'labels'; classes: number } | { type: 'values'; width: number };

/** The description of a data set: `rows` rows of `shape`, each value multiplied by `scale` when it is read. */
export interface DatasetSpec {
  rows: number;
  shape: number[];
  dtype: 'u8' | 'f32';
  scale: number;
  targets: TargetSpec;
}

/** A structural change. An absent `axis` or `index` is drawn at random from the model's growth stream. */
export type Change =
  | { type: 'expand'; axis?: number; incoming?: number[]; bias?: number; outgoing?: number[] }
  | { type: 'contract'; axis?: number; index?: number }
  | { type: 'prune'; threshold?: number }
  | { type: 'addLayer'; axis: number }
  | { type: 'removeLayer'; layer: number };

/** One feature that came or went: its axis, its place there, and the width afterwards. */
export interface FeatureChange {
  /** The hidden axis. */
  axis: number;
  /** The feature's place: where it stands now, or stood before the change. */
  index: number;
  /** Width of the axis after the change. */
  width: number;
}

/** A change that could not be made. */
export interface BlockedChange {
  /** The hidden axis. */
  axis?: number;
  /** The feature's place on the axis. */
  index?: number;
  /** Why not. */
  reason: string;
}

/** What a structural change did, and what it could not do. */
export interface ChangeReport {
  /** Features that came. */
  added: FeatureChange[];
  /** Features that went. */
  removed: FeatureChange[];
  /** What was asked for and could not be done. */
  blocked: BlockedChange[];
  /** Trainable numbers of the model after the change. */
  weightCount: number;
  /** Number of layers after the change, where it concerned layers. */
  layers?: number;
}

/** How a change is judged: the loss, and what one weight costs. */
export interface Judge {
  loss?: LossSpec;
  weightPenalty?: number;
}

/** One try to change the structure. */
export interface GrowthEvent {
  /** Optimiser steps the model had taken before it. */
  step: number;
  /** What was tried. */
  kind: 'add' | 'remove' | 'prune' | 'addLayer' | 'removeLayer';
  /** The hidden axis, where one feature was concerned. */
  axis?: number;
  /** The feature's place on the axis. */
  index?: number;
  /** Width of the axis after the decision. */
  width?: number;
  /** All features removed by a prune. */
  removed?: FeatureChange[];
  /** What could not be done, and why. */
  blocked?: BlockedChange[];
  /** Loss before the change, where it was measured. */
  lossBefore?: number;
  /** Loss with the change, where it was measured. */
  lossAfter?: number;
  /** Weights before the change. */
  weightsBefore: number;
  /** Weights with the change. */
  weightsAfter: number;
  /** What one weight cost, in units of the loss. */
  penalty: number;
  /** Whether the change stands, was undone, or could not be made. */
  verdict: 'kept' | 'undone' | 'blocked';
  /** Why, in words and numbers. */
  reason: string;
}

/** A {@link GrowthEvent} as the engine tells it: without a reason where the numbers say it all. */
export interface EventRecord extends Omit<GrowthEvent, 'reason'> {
  reason?: string;
}

/** When and how the structure changes during a fit. */
export interface GrowthPlan {
  method: 'stochastic' | 'pruneExpand';
  every: number;
  weightPenalty?: number;
  scoring?: 'validation' | 'batch';
  scoringRows?: number;
  prune?: number;
  until?: number;
}

/** One fit. */
export interface FitPlan {
  batchSize?: number;
  epochs: number;
  shuffle?: boolean;
  /** Replaces the model's optimiser once the whole plan has been checked. */
  optimizer?: OptimizerSpec;
  growth?: GrowthPlan;
}

/** The figures at the end of one epoch. */
export interface EpochReport {
  /** Which epoch, from 0. */
  epoch: number;
  /** Mean loss of the rows, each in its own step. */
  loss: number;
  /** Share of right rows, each in its own step; for cross-entropies. */
  accuracy?: number;
  /** Mean loss of the validation data after the epoch. */
  valLoss?: number;
  /** Share of right rows of the validation data after the epoch; for cross-entropies. */
  valAccuracy?: number;
  /** Trainable numbers of the model. */
  weightCount: number;
  /** Features on each hidden axis. */
  widths: number[];
  /** Learning rate of the last step. */
  learningRate: number;
}

/** What one chunk of steps brought. */
export interface ChunkReport {
  step: number;
  epoch: number;
  stepsInEpoch: number;
  stepInEpoch: number;
  losses: number[];
  events: EventRecord[];
  epochEnd?: EpochReport;
  done: boolean;
}

/** Mean loss, and the share of right labels where the targets are classes. */
export interface Evaluation {
  /** Mean loss over the rows. */
  loss: number;
  /** Share of right rows, from 0 to 1; for cross-entropies. */
  accuracy?: number;
}

/** One layer in a summary. */
export interface LayerSummary {
  /** Its name in states, e.g. `layers.0`. */
  name: string;
  /** Its class, e.g. `DynamicDense`. */
  type: string;
  /** Shape of one row of its outputs. */
  outputShape: number[];
  /** Its trainable numbers. */
  weights: number;
  /** Its nonlinearity. */
  activation?: string;
  /** Whether its widths can change. */
  dynamic: boolean;
}

/** A hidden axis in a summary: the features that one linear layer makes and the next one reads, counted from the input. */
export interface AxisSummary {
  /** Its number, from 0. */
  axis: number;
  /** Features on it. */
  width: number;
  /** Never fewer features than this. */
  min: number;
  /** Whether features can come and go. */
  growable: boolean;
  /** Why not, if not. */
  reason?: string;
  /** Index of the layer whose outputs the features are. */
  producer: number;
  /** Index of the layer whose inputs the features are. */
  consumer: number;
}

/** The structure of a model. */
export interface Summary {
  /** First to last. */
  layers: LayerSummary[];
  /** The hidden axes, first to last. */
  axes: AxisSummary[];
  /** Trainable numbers, biases included. */
  weightCount: number;
  /** Features on each hidden axis. */
  widths: number[];
  /** Optimiser steps taken. */
  step: number;
}

/** Everything the engine can do. Each call may fail with a {@link WireError}; it has then changed nothing. */
export interface Methods {
  /** Copies the data into the engine and checks it. */
  datasetCreate(spec: DatasetSpec, x: Uint8Array | Float32Array, y: Uint32Array | Float32Array | null): number;
  datasetDispose(id: number): void;
  /** `specJson` is the model specification as JSON. */
  modelCreate(specJson: string): number;
  modelLoad(bytes: Uint8Array): number;
  modelSave(id: number): Uint8Array;
  /** Replaces the model behind `id`; every fit on it must have ended. */
  modelRestore(id: number, bytes: Uint8Array): void;
  modelDispose(id: number): void;
  summary(id: number): Summary;
  /** Gives back the room that widths of the past needed. */
  compact(id: number): void;
  /** `specJson` is the optimiser specification as JSON. */
  setOptimizer(id: number, specJson: string): void;
  fitBegin(model: number, plan: FitPlan, train: number, valid: number | null): number;
  fitChunk(fit: number): ChunkReport;
  fitEnd(fit: number): void;
  evaluate(model: number, dataset: number, batchSize: number): Evaluation;
  /** Rows x outputs, dense. */
  predict(model: number, dataset: number, logits: boolean): Float32Array;
  trainOnBatch(model: number, dataset: number): Evaluation;
  /** Logits, rows x outputs; the pass is kept for `backwardBatch`. */
  forwardBatch(model: number, dataset: number): Float32Array;
  /** One optimiser step from the gradient of a loss by the logits, rows x outputs. */
  backwardBatch(model: number, gradient: Float32Array): void;
  gradients(model: number, dataset: number): Uint8Array;
  applyGradients(model: number, bytes: Uint8Array): void;
  applyChange(model: number, change: Change): ChangeReport;
  tryChange(model: number, change: Change, dataset: number, judge: Judge): EventRecord;
  updateFeatures(model: number, dataset: number, judge: Judge): EventRecord;
  stochasticAddFeature(model: number, dataset: number, judge: Judge): EventRecord;
  /** Size of the engine's memory; it never shrinks. */
  memory(): { bytes: number };
}

/** A method's name. */
export type Method = keyof Methods;

/** `fast` uses fused multiply-add where the machine has it; `portable` gives the same bits everywhere. */
export type Numerics = 'fast' | 'portable';

/** Where the engine runs. */
export type Host = 'worker' | 'inline';

/** Which build of the engine is loaded. */
export type ModuleName = 'simd128' | 'simd128-threads' | 'relaxed' | 'relaxed-threads';

/** `WebAssembly.Module`; `never` in a project whose libraries do not declare it, as one for Node alone. */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } } ? Module : never;

/** How to start the engine. Everything has a default. */
export interface InitOptions {
  /**
   * Where the module comes from, in place of the file beside this package: a URL, a `Response`, bytes, or compiled. A URL
   * that ends with a slash is a folder with all files of the package's `wasm` folder; a relative one is relative to the page.
   * Any other must be the module that {@link EngineInfo.module} names for the other options, of this release.
   */
  wasm?: URL | string | Response | ArrayBuffer | Uint8Array | CompiledModule;
  /** Threads, the caller's included. @defaultValue the cores, at most 8, where shared memory is there; else 1 */
  threads?: number;
  /** @defaultValue `'fast'` */
  numerics?: Numerics;
  /** @defaultValue `'worker'` where workers are there */
  host?: Host;
  /** Most memory the engine may take, in bytes. @defaultValue 2 GiB, less where that cannot be reserved */
  maxMemory?: number;
}

/** What is running. */
export interface EngineInfo {
  /** The build of the engine. */
  module: ModuleName;
  /** What the module computes with: `'fast'` falls back to `'portable'` where there is no fused multiply-add. */
  numerics: Numerics;
  /** Threads, the caller's included. */
  threads: number;
  /** Where it runs. */
  host: Host;
  /** Most memory the engine may take, in bytes: what could be reserved of `maxMemory`. */
  memoryBytes?: number;
  /** Why anything is not as asked, or not the fastest. */
  reasons: string[];
}

/** An error as it crosses: `code` is one of the codes of `CambiumError`. */
export interface WireError {
  code: string;
  message: string;
}

/** The running engine. */
export interface Engine {
  readonly info: EngineInfo;
  /** Fires when the engine has ended, for whatever cause; its reason is the `CambiumError` that calls reject with. */
  readonly ended: EndSignal;
  /**
   * Runs one method; calls run in the order they were made. Rejects with `CambiumError`: what the method throws, or
   * `ENGINE_DIED` when the engine is gone. Arrays are copied.
   */
  call<M extends Method>(method: M, ...args: Parameters<Methods[M]>): Promise<ReturnType<Methods[M]>>;
}
