import type { NestedArray, NumberArray } from './arrays.ts';
import { checkFloat, checkInteger, checkNumber, checkOneOf, checkOptions, show, size } from './check.ts';
import { CambiumError } from './errors.ts';
import { toRows, toTargets, type RowBlock, type TargetBlock } from './inputs.ts';
import { randomBelow, shuffled } from './random.ts';
import type { Engine, TargetSpec } from './runtime/protocol.ts';

declare global {
  interface SymbolConstructor {
    /** Explicit resource management; declared here for projects whose `lib` does not have it. */
    readonly dispose: unique symbol;
  }
}

/** What `Dataset.from` takes. The loaders of `cambium/data` give such objects. */
export interface DatasetOptions {
  /** The rows, flat with `shape`, or nested: `[[1, 2], [3, 4]]` is two rows of two. Bytes stay bytes inside the engine. */
  x: NumberArray | NestedArray;
  /**
   * The targets, one row each. Whole numbers (integer typed arrays, or plain arrays of whole numbers from 0) are class
   * labels; floating-point typed arrays, plain arrays with fractions, and nested arrays are values. @defaultValue none
   */
  y?: NumberArray | NestedArray;
  /** Shape of ONE row: `[features]` or `[height, width, channels]`. @defaultValue what nested arrays say */
  shape?: readonly number[];
  /** Each number of `x` is multiplied by this when it is read, e.g. `1 / 255`. @defaultValue 1 */
  scale?: number;
  /** Reads `y` as labels or as values, whatever it looks like. @defaultValue by `y` */
  targets?: 'labels' | 'values';
  /** Number of classes. @defaultValue the length of `classNames`, else the largest label + 1 (at least 2) */
  classes?: number;
  /** Names of the classes, in order. */
  classNames?: readonly string[];
}

/** Names of the options of {@link DatasetOptions}. */
export const datasetOptions: readonly string[] = ['x', 'y', 'shape', 'scale', 'targets', 'classes', 'classNames'];

type Handles = Map<Engine, Promise<number>>;

function release(handles: Handles): void {
  for (const [engine, handle] of handles) {
    // An engine that is gone has nothing left to release.
    handle.then((id) => engine.call('datasetDispose', id)).catch(() => {});
  }
  handles.clear();
}

const registry = new FinalizationRegistry<Handles>(release);

/** The data set inside `engine`; copied there at first use. */
export let datasetHandle: (dataset: Dataset, engine: Engine) => Promise<number>;

/**
 * Rows of features with their targets. The arrays given are kept, not copied, and are uploaded to the engine once, at first
 * use: do not change them afterwards. Free the engine's memory with `dispose()` or `using`; a data set that is no longer
 * reachable is freed in time.
 */
export class Dataset {
  /** Number of rows. */
  readonly rows: number;
  /** Shape of one row. */
  readonly shape: readonly number[];
  /** Factor on every number of `x`. */
  readonly scale: number;
  /** What the targets are: none, labels of so many classes, or values of such a width. */
  readonly targets: Readonly<TargetSpec>;
  /** Names of the classes, if given. */
  readonly classNames: readonly string[] | undefined;
  /** All rows, one after the other, unscaled. */
  readonly x: Uint8Array | Float32Array;
  /** Labels (rows), values (rows x width), or null. */
  readonly y: Uint32Array | Float32Array | null;
  readonly #handles: Handles = new Map();
  #disposed = false;

  static {
    datasetHandle = (dataset, engine) => dataset.#handle(engine);
  }

  private constructor(block: RowBlock, targets: TargetBlock, scale: number, classNames: readonly string[] | undefined) {
    this.rows = block.rows;
    this.shape = block.shape;
    this.x = block.data;
    this.y = targets.data;
    this.targets = targets.spec;
    this.scale = scale;
    this.classNames = classNames;
    registry.register(this, this.#handles, this);
  }

  /**
   * A data set from arrays.
   *
   * @throws CambiumError `SHAPE` (lengths that do not fit, ragged or empty arrays), `LABEL`, `NOT_FINITE` (with the place),
   *   `OPTION`
   */
  static async from(options: DatasetOptions): Promise<Dataset> {
    checkOptions(options, datasetOptions, 'Dataset.from');
    const { x, y, shape, scale = 1, targets, classes, classNames } = options;
    if (Math.fround(checkFloat(scale, 'scale')) === 0) {
      throw new CambiumError('OPTION', `scale must not be 0${scale === 0 ? '' : `, but ${scale} is 0 as a 32-bit float`}`);
    }
    if (targets !== undefined) checkOneOf(targets, ['labels', 'values'], 'targets');
    const block = toRows(x, shape);
    return new Dataset(block, toTargets(y, block.rows, { targets, classes, classNames }), scale, classNames);
  }

  /** Whether `dispose` was called. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * The rows at `indices`, in that order, as a data set of its own. Classes stay as they are.
   *
   * @throws CambiumError `OPTION`, `INDEX`, `SHAPE` (no rows), `DISPOSED`
   */
  subset(indices: ArrayLike<number>): Dataset {
    this.#checkUsable();
    if (typeof indices !== 'object' || indices === null || typeof indices.length !== 'number') {
      throw new CambiumError('OPTION', `subset needs an array of row numbers, not ${show(indices)}`);
    }
    if (indices.length === 0) throw new CambiumError('SHAPE', 'a subset needs at least one row');
    for (let i = 0; i < indices.length; i++) {
      const row = indices[i];
      if (!Number.isInteger(row) || row! < 0 || row! >= this.rows) {
        throw new CambiumError('INDEX', `row ${show(row)} does not exist: the data set has rows 0 to ${this.rows - 1}`);
      }
    }
    const length = size(this.shape);
    const width = this.targets.type === 'values' ? this.targets.width : 1;
    const x = new (this.x.constructor as Uint8ArrayConstructor | Float32ArrayConstructor)(indices.length * length);
    const y =
      this.y && new (this.y.constructor as Uint32ArrayConstructor | Float32ArrayConstructor)(indices.length * width);
    for (let i = 0; i < indices.length; i++) {
      const row = indices[i]!;
      x.set(this.x.subarray(row * length, (row + 1) * length), i * length);
      if (this.y) y!.set(this.y.subarray(row * width, (row + 1) * width), i * width);
    }
    const block = { data: x, rows: indices.length, shape: [...this.shape] };
    return new Dataset(block, { data: y, spec: this.targets }, this.scale, this.classNames);
  }

  /**
   * Parts of the data set, rows drawn without replacement in an order that depends on `seed` alone.
   *
   * @param fractions - share of the rows of each part, above 0, together at most 1
   * @param seed - a whole number. @defaultValue 0
   * @throws CambiumError `OPTION`, `SHAPE` (a part without rows), `DISPOSED`
   * @example `const [train, valid, test] = data.split([0.6, 0.2, 0.2], 1);`
   */
  split<const F extends readonly number[]>(fractions: F, seed: number = 0): { -readonly [K in keyof F]: Dataset } {
    checkInteger(seed, 'seed', 0, 0xffff_ffff);
    if (!Array.isArray(fractions) || fractions.length === 0) {
      throw new CambiumError('OPTION', `fractions must be an array such as [0.8, 0.2], not ${show(fractions)}`);
    }
    const total = fractions.reduce((sum: number, part) => sum + checkNumber(part, 'a fraction', 0, 1, 'least'), 0);
    if (total > 1 + 1e-9)
      throw new CambiumError('OPTION', `the fractions [${fractions.join(', ')}] add up to ${total}, above 1`);
    const order = shuffled(this.rows, randomBelow(seed));
    let sum = 0;
    const parts = fractions.map((fraction: number) => {
      const start = Math.round(sum * this.rows);
      sum += fraction;
      const end = Math.min(this.rows, Math.round(sum * this.rows));
      if (end <= start) throw new CambiumError('SHAPE', `a share of ${fraction} of ${this.rows} rows is no row at all`);
      return this.subset(order.subarray(start, end));
    });
    return parts as { -readonly [K in keyof F]: Dataset };
  }

  /** Frees the engine's copy. Later use throws `DISPOSED`; a second call does nothing. */
  dispose(): void {
    this.#disposed = true;
    registry.unregister(this);
    release(this.#handles);
  }

  /** As `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkUsable(): void {
    if (this.#disposed) throw new CambiumError('DISPOSED', 'the data set was disposed');
  }

  #handle(engine: Engine): Promise<number> {
    this.#checkUsable();
    let handle = this.#handles.get(engine);
    if (!handle) {
      // Nothing is left in an engine that has ended, and it should not be kept from being collected.
      for (const known of this.#handles.keys()) if (known.ended.aborted) this.#handles.delete(known);
      const spec = {
        rows: this.rows,
        shape: [...this.shape],
        dtype: this.x instanceof Uint8Array ? ('u8' as const) : ('f32' as const),
        scale: this.scale,
        targets: this.targets,
      };
      handle = engine.call('datasetCreate', spec, this.x, this.y);
      this.#handles.set(engine, handle);
      // A failed upload (out of memory) may be tried again.
      handle.catch(() => this.#handles.delete(engine));
    }
    return handle;
  }
}
