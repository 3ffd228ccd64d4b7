import { files } from './builtin.ts';
import { checkBoolean, checkInteger, checkNumber, checkOneOf, checkOptions, show } from './check.ts';
import { CambiumError } from './errors.ts';
import { metricOf, type EpochLog, type History, type Metric } from './history.ts';
import type { DynamicModel } from './model.ts';
import type { GrowthEvent } from './runtime/reports.ts';

/** What every hook gets as its last argument. */
export interface FitContext {
  /** The model being fitted. `predict`, `evaluate`, `save` and structural changes work inside hooks. */
  readonly model: DynamicModel;
  /** What happened so far. */
  readonly history: History;
  /** Ends the fit after this hook; `fit` then resolves as usual, with `history.stopped = reason`. */
  stop(reason?: string): void;
}

/** One training step. */
export interface BatchLog {
  /** Number of the step in this fit, from 1. */
  step: number;
  /** Mean loss over the rows of the batch, before the update. */
  loss: number;
}

/**
 * What `fit` calls as it goes. Hooks may be async; `fit` waits for them. Steps run in groups inside the engine, so
 * `onBatchEnd` and the event hooks come in groups too, in order. An error thrown in a hook ends the fit with that error; the
 * model keeps the weights reached. An object may hold other things too, but nothing else whose name begins with `on`.
 */
export interface Callback {
  /** Before the first step, when everything given has been checked. */
  onTrainBegin?(context: FitContext): unknown;
  /** After each step. */
  onBatchEnd?(log: BatchLog, context: FitContext): unknown;
  /** After each epoch. */
  onEpochEnd?(log: EpochLog, context: FitContext): unknown;
  /** After each try to change the structure: kept, undone or blocked. */
  onEvent?(event: GrowthEvent, context: FitContext): unknown;
  /** After each addition that was kept. */
  onGrow?(event: GrowthEvent, context: FitContext): unknown;
  /** After each removal that was kept. */
  onShrink?(event: GrowthEvent, context: FitContext): unknown;
  /** After the last step, also when a callback stopped the fit; not when it failed or was aborted. */
  onTrainEnd?(context: FitContext): unknown;
}

/** Names of the hooks. */
export const hookNames = [
  'onTrainBegin',
  'onBatchEnd',
  'onEpochEnd',
  'onEvent',
  'onGrow',
  'onShrink',
  'onTrainEnd',
] as const;

/** Own and inherited names of the properties of `value`, without those of every object. */
function propertyNames(value: object): Set<string> {
  const names = new Set<string>();
  for (let part: object | null = value; part && part !== Object.prototype; part = Object.getPrototypeOf(part) as object | null)
    for (const name of Object.getOwnPropertyNames(part)) names.add(name);
  return names;
}

/** Throws `OPTION` unless `callback` is an object whose hooks are known and functions. */
export function checkCallback(callback: unknown, where: string): void {
  if (typeof callback !== 'object' || callback === null) {
    throw new CambiumError('OPTION', `${where} must be an object with hooks such as onEpochEnd, not ${show(callback)}`);
  }
  for (const name of propertyNames(callback)) {
    if (!name.startsWith('on')) continue;
    if (!(hookNames as readonly string[]).includes(name)) {
      throw new CambiumError('OPTION', `${where}: unknown hook '${name}'; known are ${hookNames.join(', ')}`);
    }
    const hook = (callback as Record<string, unknown>)[name];
    if (hook !== undefined && typeof hook !== 'function') {
      throw new CambiumError('OPTION', `${where}.${name} must be a function, not ${show(hook)}`);
    }
  }
}

const metrics = ['loss', 'accuracy', 'valLoss', 'valAccuracy', 'weightCount', 'learningRate'] as const;

/** How an epoch is compared with the best so far. */
export interface MonitorOptions {
  /** The figure to watch. @defaultValue `'valLoss'`, or `'loss'` without validation data */
  monitor?: Metric;
  /** Whether lower or higher is better. @defaultValue `'max'` for accuracies, else `'min'` */
  mode?: 'min' | 'max';
  /** A smaller gain than this is none. @defaultValue 0 */
  minDelta?: number;
}

const monitorOptions = ['monitor', 'mode', 'minDelta'];

/** The best value of one figure so far. */
class Best {
  value: number | undefined;
  readonly #options: MonitorOptions;

  constructor(options: MonitorOptions, where: string) {
    if (options.monitor !== undefined) checkOneOf(options.monitor, metrics, `${where} monitor`);
    if (options.mode !== undefined) checkOneOf(options.mode, ['min', 'max'], `${where} mode`);
    checkNumber(options.minDelta ?? 0, `${where} minDelta`, 0);
    this.#options = options;
  }

  /** Takes note of an epoch; true if it is better than all before. */
  improvedBy(log: EpochLog): boolean {
    const { monitor = log.valLoss === undefined ? 'loss' : 'valLoss', mode, minDelta = 0 } = this.#options;
    const value = metricOf(log, monitor);
    const sign = (mode ?? (/accuracy/i.test(monitor) ? 'max' : 'min')) === 'max' ? -1 : 1;
    if (this.value !== undefined && !(sign * value < sign * this.value - minDelta)) return false;
    this.value = value;
    return true;
  }
}

/** Ends a fit that has stopped getting better. One object serves one fit at a time. */
export class EarlyStopping implements Callback {
  readonly #options: MonitorOptions & { patience: number; restoreBestWeights: boolean };
  #best: Best;
  #bytes: Uint8Array | undefined;
  #waited = 0;

  /**
   * @param options - `patience`: epochs without a gain before the end, at least 1 (@defaultValue 5); `restoreBestWeights`:
   *   whether the model goes back to its best epoch at the end, structure and optimiser included (@defaultValue false)
   * @throws CambiumError `OPTION`
   */
  constructor(options: MonitorOptions & { patience?: number; restoreBestWeights?: boolean } = {}) {
    checkOptions(options, [...monitorOptions, 'patience', 'restoreBestWeights'], 'EarlyStopping');
    const { patience = 5, restoreBestWeights = false } = options;
    checkInteger(patience, 'EarlyStopping patience');
    checkBoolean(restoreBestWeights, 'EarlyStopping restoreBestWeights');
    this.#options = { ...options, patience, restoreBestWeights };
    this.#best = new Best(options, 'EarlyStopping');
  }

  /** Forgets earlier fits. */
  onTrainBegin(): void {
    this.#best = new Best(this.#options, 'EarlyStopping');
    this.#bytes = undefined;
    this.#waited = 0;
  }

  /** Compares the epoch with the best. */
  async onEpochEnd(log: EpochLog, context: FitContext): Promise<void> {
    const { patience, restoreBestWeights } = this.#options;
    if (this.#best.improvedBy(log)) {
      this.#waited = 0;
      if (restoreBestWeights) this.#bytes = await context.model.save();
    } else if (++this.#waited >= patience) {
      context.stop(`EarlyStopping: no gain on ${this.#best.value} in ${patience} epochs`);
    }
  }

  /** Goes back to the best epoch where asked for. */
  async onTrainEnd(context: FitContext): Promise<void> {
    if (this.#bytes) await context.model.restore(this.#bytes);
    this.#bytes = undefined;
  }
}

/** Saves the model after epochs. */
export class ModelCheckpoint implements Callback {
  readonly #target: string | ((bytes: Uint8Array, log: EpochLog) => unknown);
  readonly #options: MonitorOptions & { saveBestOnly: boolean };
  #best: Best;

  /**
   * @param target - a file path (not in browsers), in which `{epoch}` stands for the epoch's number, from 1; or a function that gets the bytes of
   *   `model.save()` and may be async
   * @param options - `saveBestOnly`: only after an epoch better than all before. @defaultValue true
   * @throws CambiumError `OPTION`
   */
  constructor(
    target: string | ((bytes: Uint8Array, log: EpochLog) => unknown),
    options: MonitorOptions & { saveBestOnly?: boolean } = {},
  ) {
    checkOptions(options, [...monitorOptions, 'saveBestOnly'], 'ModelCheckpoint');
    if (typeof target !== 'function' && (typeof target !== 'string' || target === '')) {
      throw new CambiumError('OPTION', `ModelCheckpoint needs a file path or a function, not ${show(target)}`);
    }
    if (typeof target === 'string' && !files()) {
      throw new CambiumError('OPTION', `ModelCheckpoint: there are no files here; give a function in place of the path '${target}'`);
    }
    const { saveBestOnly = true } = options;
    checkBoolean(saveBestOnly, 'ModelCheckpoint saveBestOnly');
    this.#target = target;
    this.#options = { ...options, saveBestOnly };
    this.#best = new Best(options, 'ModelCheckpoint');
  }

  /** Forgets earlier fits. */
  onTrainBegin(): void {
    this.#best = new Best(this.#options, 'ModelCheckpoint');
  }

  /** Saves the model if it is due. */
  async onEpochEnd(log: EpochLog, context: FitContext): Promise<void> {
    const improved = this.#options.saveBestOnly ? this.#best.improvedBy(log) : true;
    if (!improved) return;
    const bytes = await context.model.save();
    if (typeof this.#target === 'function') {
      await this.#target(bytes, log);
      return;
    }
    const path = this.#target.replaceAll('{epoch}', String(log.epoch + 1));
    try {
      await files()!.writeFile(path, bytes);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CambiumError('LOAD_FAILED', `ModelCheckpoint could not write ${path}: ${why}`, { cause });
    }
  }
}
