/**
 * The WebAssembly boundary as TypeScript sees it. The build makes `wasm/single.js` and `wasm/threads.js` from what
 * wasm-bindgen generates; the type checker compares them with these declarations.
 *
 * Everything that takes or gives JSON does so as a string. Methods throw a string, the JSON of a `WireError`, where
 * the engine refuses; anything else that is thrown means that the engine has stopped.
 */
import { withDeadline } from './deadline.ts';
import { afterImport, DOWNLOAD_LIMIT_MS, tooLate } from './load-failure.ts';

/** Lets the workers of the pool join on the module and its memory, then calls `builder.build()`. */
export type StartWorkers = (module: WebAssembly.Module, memory: WebAssembly.Memory, builder: PoolBuilder) => Promise<void>;

/** The pool before it runs: every worker takes its work from `receiver()`. */
export interface PoolBuilder {
  receiver(): number;
  build(): void;
}

/** Room for a data set in the engine's memory. */
export interface DatasetHandle {
  free(): void;
  /** Address in bytes and length in elements; valid for the life of the handle. */
  featuresPointer(): number;
  featuresLength(): number;
  targetsPointer(): number;
  targetsLength(): number;
  check(): void;
}

/** One model. */
export interface ModelHandle {
  free(): void;
  save(): Uint8Array;
  summary(): string;
  events(): string;
  compact(): void;
  setOptimizer(spec: string): void;
  evaluate(data: DatasetHandle, batch: number, threads: number): string;
  predict(data: DatasetHandle, logits: boolean, threads: number): Float32Array;
  trainOnBatch(data: DatasetHandle, threads: number): string;
  forwardBatch(data: DatasetHandle): Float32Array;
  backwardBatch(gradient: Float32Array): void;
  gradients(data: DatasetHandle): Uint8Array;
  applyGradients(bytes: Uint8Array): void;
  applyChange(change: string): string;
  tryChange(change: string, data: DatasetHandle, judge: string, threads: number): string;
  updateFeatures(data: DatasetHandle, judge: string, threads: number): string;
  stochasticAddFeature(data: DatasetHandle, judge: string, threads: number): string;
}

/** A training run under way; the model and the data are named at every chunk. */
export interface FitHandle {
  free(): void;
  chunk(model: ModelHandle, train: DatasetHandle, threads: number): string;
  chunkValidated(model: ModelHandle, train: DatasetHandle, valid: DatasetHandle, threads: number): string;
}

/** What a module exports. */
export interface Binding {
  /** The build of the modules that these bindings are for. */
  readonly build: string;
  initSync(options: { module: WebAssembly.Module; memory: WebAssembly.Memory }): unknown;
  /** The message of the first panic. */
  panicMessage(): string | undefined;
  /** Throws when `bytes` more bytes cannot be had; passing an array could only trap. */
  room(bytes: number): void;
  Dataset: { reserve(spec: string): DatasetHandle };
  Model: { create(spec: string): ModelHandle; load(bytes: Uint8Array): ModelHandle };
  Fit: {
    begin(model: ModelHandle, plan: string, train: DatasetHandle): FitHandle;
    beginValidated(model: ModelHandle, plan: string, train: DatasetHandle, valid: DatasetHandle): FitHandle;
  };
}

/** What a module for several threads exports beside. */
export interface ThreadedBinding extends Binding {
  /** Makes a pool of `threads` workers, which join through {@link StartWorkers}. */
  initThreadPool(threads: number): Promise<unknown>;
  /** A pool worker's life; returns only when the pool ends. */
  wbg_rayon_start_worker(receiver: number): void;
}

/**
 * A fresh binding for one thread; each call starts from nothing.
 *
 * @throws CambiumError `LOAD_FAILED`
 */
export async function singleBinding(): Promise<Binding> {
  const glue = await inTime(import('../../wasm/single.js'), 'single.js');
  return glue.default();
}

/**
 * A fresh binding for a pool of threads.
 *
 * @throws CambiumError `LOAD_FAILED`
 */
export async function threadedBinding(startWorkers: StartWorkers): Promise<ThreadedBinding> {
  const glue = await inTime(import('../../wasm/threads.js'), 'threads.js');
  return glue.default(startWorkers);
}

function inTime<T>(loading: Promise<T>, file: string): Promise<T> {
  const explained = loading.catch((cause: unknown) => {
    throw afterImport(file, cause);
  });
  return withDeadline(explained, DOWNLOAD_LIMIT_MS, () => tooLate(`cambium/wasm/${file}`));
}
