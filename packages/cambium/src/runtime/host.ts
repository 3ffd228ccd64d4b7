/** The engine's methods over the module, on the thread where the module lives. */
import { CambiumError } from '../errors.ts';
import type { Binding, DatasetHandle, FitHandle, ModelHandle } from './binding.ts';
import type { Change, DatasetSpec, FitPlan, Judge, Method, Methods } from './protocol.ts';
import type { ChangeReport, ChunkReport, Evaluation, EventRecord, Summary } from './reports.ts';
import { causeOfDeath } from './wire.ts';

/** A fit under way and what it works on. */
interface Fit {
  handle: FitHandle;
  model: number;
  train: number;
  valid: number | null;
}

/** Holds models, data sets and fits by number, and runs one method at a time on them. */
export class EngineHost implements Methods {
  readonly #binding: Binding;
  readonly #memory: WebAssembly.Memory;
  readonly #threads: number;
  readonly #datasets = new Map<number, DatasetHandle>();
  readonly #models = new Map<number, ModelHandle>();
  readonly #fits = new Map<number, Fit>();
  #next = 1;

  constructor(binding: Binding, memory: WebAssembly.Memory, threads: number) {
    this.#binding = binding;
    this.#memory = memory;
    this.#threads = threads;
  }

  /** Runs the method of that name; throws what the method throws. */
  run(method: Method, args: unknown[]): unknown {
    return (this[method] as (...values: unknown[]) => unknown)(...args);
  }

  /** What stopped the module, after a method threw something that is not a refusal. */
  causeOfDeath(thrown: unknown): string {
    return causeOfDeath(thrown, this.#binding, this.#memory);
  }

  datasetCreate(spec: DatasetSpec, x: Uint8Array | Float32Array, y: Uint32Array | Float32Array | null): number {
    const dataset = this.#binding.Dataset.reserve(JSON.stringify(spec));
    try {
      this.#fill(dataset, spec, x, y);
      dataset.check();
    } catch (error) {
      dataset.free();
      throw error;
    }
    return this.#keep(this.#datasets, dataset);
  }

  datasetDispose(id: number): void {
    this.#datasets.get(id)?.free();
    this.#datasets.delete(id);
  }

  modelCreate(specJson: string): number {
    return this.#keep(this.#models, this.#binding.Model.create(specJson));
  }

  modelLoad(bytes: Uint8Array): number {
    this.#binding.room(bytes.byteLength);
    return this.#keep(this.#models, this.#binding.Model.load(bytes));
  }

  modelSave(id: number): Uint8Array {
    return this.#model(id).save();
  }

  modelRestore(id: number, bytes: Uint8Array): void {
    const old = this.#model(id);
    this.#binding.room(bytes.byteLength);
    this.#models.set(id, this.#binding.Model.load(bytes));
    old.free();
  }

  modelDispose(id: number): void {
    this.#models.get(id)?.free();
    this.#models.delete(id);
  }

  summary(id: number): Summary {
    return parse(this.#model(id).summary());
  }

  events(id: number): EventRecord[] {
    return parse(this.#model(id).events());
  }

  compact(id: number): void {
    this.#model(id).compact();
  }

  setOptimizer(id: number, specJson: string): void {
    this.#model(id).setOptimizer(specJson);
  }

  fitBegin(model: number, plan: FitPlan, train: number, valid: number | null): number {
    const { Fit } = this.#binding;
    const [target, data, json] = [this.#model(model), this.#dataset(train), JSON.stringify(plan)];
    const handle = valid === null ? Fit.begin(target, json, data) : Fit.beginValidated(target, json, data, this.#dataset(valid));
    return this.#keep(this.#fits, { handle, model, train, valid });
  }

  fitChunk(fit: number): ChunkReport {
    const { handle, model, train, valid } = find(this.#fits, fit, 'fit');
    const [target, data] = [this.#model(model), this.#dataset(train)];
    if (valid === null) return parse(handle.chunk(target, data, this.#threads));
    return parse(handle.chunkValidated(target, data, this.#dataset(valid), this.#threads));
  }

  fitEnd(fit: number): void {
    this.#fits.get(fit)?.handle.free();
    this.#fits.delete(fit);
  }

  evaluate(model: number, dataset: number, batchSize: number): Evaluation {
    return parse(this.#model(model).evaluate(this.#dataset(dataset), batchSize, this.#threads));
  }

  predict(model: number, dataset: number, logits: boolean): Float32Array {
    return this.#model(model).predict(this.#dataset(dataset), logits, this.#threads);
  }

  trainOnBatch(model: number, dataset: number): Evaluation {
    return parse(this.#model(model).trainOnBatch(this.#dataset(dataset), this.#threads));
  }

  forwardBatch(model: number, dataset: number): Float32Array {
    return this.#model(model).forwardBatch(this.#dataset(dataset));
  }

  backwardBatch(model: number, gradient: Float32Array): void {
    this.#binding.room(gradient.byteLength);
    this.#model(model).backwardBatch(gradient);
  }

  gradients(model: number, dataset: number): Uint8Array {
    return this.#model(model).gradients(this.#dataset(dataset));
  }

  applyGradients(model: number, bytes: Uint8Array): void {
    this.#binding.room(bytes.byteLength);
    this.#model(model).applyGradients(bytes);
  }

  applyChange(model: number, change: Change): ChangeReport {
    return parse(this.#model(model).applyChange(JSON.stringify(change)));
  }

  tryChange(model: number, change: Change, dataset: number, judge: Judge): EventRecord {
    const [target, data] = [this.#model(model), this.#dataset(dataset)];
    return parse(target.tryChange(JSON.stringify(change), data, JSON.stringify(judge), this.#threads));
  }

  updateFeatures(model: number, dataset: number, judge: Judge): EventRecord {
    return parse(this.#model(model).updateFeatures(this.#dataset(dataset), JSON.stringify(judge), this.#threads));
  }

  stochasticAddFeature(model: number, dataset: number, judge: Judge): EventRecord {
    return parse(this.#model(model).stochasticAddFeature(this.#dataset(dataset), JSON.stringify(judge), this.#threads));
  }

  memory(): { bytes: number } {
    return { bytes: this.#memory.buffer.byteLength };
  }

  #keep<T>(map: Map<number, T>, value: T): number {
    const id = this.#next++;
    map.set(id, value);
    return id;
  }

  #model(id: number): ModelHandle {
    return find(this.#models, id, 'model');
  }

  #dataset(id: number): DatasetHandle {
    return find(this.#datasets, id, 'data set');
  }

  /** Copies straight into the engine's memory. Views are made anew each time: memory may have grown since the last. */
  #fill(dataset: DatasetHandle, spec: DatasetSpec, x: Uint8Array | Float32Array, y: Uint32Array | Float32Array | null): void {
    const features = spec.dtype === 'u8' ? Uint8Array : Float32Array;
    checkLength('features', x.length, dataset.featuresLength());
    checkLength('targets', y?.length ?? 0, dataset.targetsLength());
    new features(this.#memory.buffer, dataset.featuresPointer(), x.length).set(x);
    if (!y) return;
    const targets = spec.targets.type === 'labels' ? Uint32Array : Float32Array;
    new targets(this.#memory.buffer, dataset.targetsPointer(), y.length).set(y);
  }
}

function checkLength(what: string, given: number, needed: number): void {
  if (given !== needed) throw new CambiumError('SHAPE', `${what}: ${given} values given, ${needed} needed`);
}

function find<T>(map: Map<number, T>, id: number, what: string): T {
  const found = map.get(id);
  if (found === undefined) throw new CambiumError('DISPOSED', `this ${what} was disposed`);
  return found;
}

function parse<T>(json: string): T {
  return JSON.parse(json) as T;
}
