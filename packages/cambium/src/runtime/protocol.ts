/**
 * What crosses between the public API and the engine: the methods, and the plans as plain data (reports.ts has the answers).
 * The engine runs in a worker or inline; both sides speak only these types. Handles are positive integers.
 */
import type { EndSignal } from '../ending.ts';
import type { OptimizerSpec } from '../spec.ts';
import type { ChangeReport, ChunkReport, Evaluation, EventRecord, Summary } from './reports.ts';
import type { EngineInfo } from './start-options.ts';

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
  | { type: 'contract' | 'replace'; axis?: number; index?: number }
  | { type: 'prune'; threshold?: number }
  | { type: 'dropInput'; input: number; constant?: number }
  | { type: 'restoreInput'; input: number }
  | { type: 'addLayer'; axis: number }
  | { type: 'removeLayer'; layer: number }
  | { type: 'addInputs' | 'addOutputs'; count: number };

/** How a change is judged: the loss, and what one weight costs. */
export interface Judge {
  loss?: LossSpec;
  weightPenalty?: number;
}

/** When and how the structure changes during a fit. */
export interface GrowthPlan {
  method: 'auto' | 'price' | 'budget' | 'stochastic' | 'pruneExpand' | 'gradMax' | 'tiny' | 'split' | 'cascade';
  every: number;
  weightPenalty?: number;
  price?: number;
  cost?: 'weights' | 'multiplyAdds' | 'microseconds';
  weights?: number;
  multiplyAdds?: number;
  microseconds?: number;
  /** Nanoseconds of a multiply-add of each layer; without them those that the model has. */
  rates?: number[];
  inputs?: boolean;
  depth?: boolean;
  scoring?: 'validation' | 'batch' | 'training';
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
  /** The decisions of the model's life, oldest first. */
  events(id: number): EventRecord[];
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
