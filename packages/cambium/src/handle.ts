import { datasetHandle, Dataset, datasetOptions, type DatasetOptions } from './dataset.ts';
import { checkOptions, show } from './check.ts';
import { Ending, type EndSignal } from './ending.ts';
import { CambiumError } from './errors.ts';
import type { Engine, Methods } from './runtime/protocol.ts';

/** Methods whose first argument is a model. */
type ModelMethod = {
  [M in keyof Methods]: Parameters<Methods[M]> extends [model: number, ...rest: unknown[]] ? M : never;
}[keyof Methods];
type Rest<M extends keyof Methods> = Parameters<Methods[M]> extends [number, ...infer R] ? R : never;

/** Rows with or without targets: a data set, or what `Dataset.from` takes (uploaded for this call alone). */
export type Data = Dataset | DatasetOptions;

/** A model inside an engine. */
export class Handle {
  /** Where it lives. */
  readonly engine: Engine;
  /** Its number there. */
  readonly id: number;
  /** What steers the fit that is running. */
  fitting: object | undefined;
  readonly #disposal = new Ending();
  #pending = 0;
  #queued = 0;
  #lastAlone: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, id: number) {
    this.engine = engine;
    this.id = id;
  }

  /** Whether it may no longer be used. */
  get disposed(): boolean {
    return this.ended.aborted;
  }

  /** Fires at `dispose`. */
  get ended(): EndSignal {
    return this.#disposal;
  }

  /** Throws `DISPOSED` after `dispose`. */
  check(): void {
    if (this.disposed) throw new CambiumError('DISPOSED', 'the model was disposed');
  }

  /** Throws `BUSY` during a fit. */
  checkIdle(what: string): void {
    this.check();
    if (this.fitting)
      throw new CambiumError('BUSY', `${what} has to wait: the model is being fitted; await the running fit first`);
  }

  /** Calls a method of the model. Throws `DISPOSED`. */
  async call<M extends ModelMethod>(method: M, ...rest: Rest<M>): Promise<ReturnType<Methods[M]>> {
    this.check();
    return this.send(method, ...rest);
  }

  /** As `call`, inside work that began before a `dispose`. */
  send<M extends ModelMethod>(method: M, ...rest: Rest<M>): Promise<ReturnType<Methods[M]>> {
    return this.inTurn(() => this.#post(method, ...rest));
  }

  /** Does `act`, which calls the engine at once, after all work that was asked for before. */
  inTurn<T>(act: () => Promise<T>): Promise<T> {
    return this.#queued === 0 ? act() : this.#inQueue(this.#lastAlone.then(act));
  }

  /** Does `work`, several calls through `send` that belong together. Calls of others wait until it has ended. */
  async alone<T>(work: (send: Handle['send']) => Promise<T>): Promise<T> {
    const turn = this.#lastAlone.then(() => work((method, ...rest) => this.#post(method, ...rest)));
    this.#lastAlone = turn.catch(() => undefined);
    return this.#inQueue(turn);
  }

  /**
   * Uploads `data` where it is not yet and calls `use` with it; plain options are freed afterwards. A `dispose` meanwhile
   * takes effect after `use`.
   */
  async with<T>(data: Data, where: string, use: (id: number, dataset: Dataset) => Promise<T>): Promise<T> {
    this.check();
    this.#pending++;
    try {
      const dataset = data instanceof Dataset ? data : await asDataset(data, where);
      try {
        return await use(await datasetHandle(dataset, this.engine), dataset);
      } finally {
        if (dataset !== data) dataset.dispose();
      }
    } finally {
      this.#pending--;
      this.#release();
    }
  }

  /** Gives the memory back once all pending work is done. */
  dispose(): void {
    if (this.disposed) return;
    this.#disposal.abort();
    this.#release();
  }

  #post<M extends ModelMethod>(method: M, ...rest: Rest<M>): Promise<ReturnType<Methods[M]>> {
    return this.engine.call(method, ...([this.id, ...rest] as unknown as Parameters<Methods[M]>));
  }

  async #inQueue<T>(turn: Promise<T>): Promise<T> {
    this.#queued++;
    this.#pending++;
    try {
      return await turn;
    } finally {
      this.#queued--;
      this.#pending--;
      this.#release();
    }
  }

  #release(): void {
    if (!this.disposed || this.#pending > 0) return;
    // An engine that is gone has nothing left to release.
    this.engine.call('modelDispose', this.id).catch(() => {});
  }
}

/** A data set from plain options. Throws `OPTION` for anything else. */
async function asDataset(data: DatasetOptions, where: string): Promise<Dataset> {
  if (typeof data !== 'object' || data === null || !('x' in data)) {
    throw new CambiumError(
      'OPTION',
      `${where} needs a Dataset, or { x, y, shape } as Dataset.from takes it, not ${show(data)}`,
    );
  }
  if ('subset' in data)
    throw new CambiumError('OPTION', `${where}: this data set is of another copy of cambium, as cambium/inline is beside cambium; import all from one`);
  checkOptions(data, datasetOptions, where);
  return Dataset.from(data);
}
