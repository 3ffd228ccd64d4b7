import { CambiumError } from './errors.ts';
import type { EpochReport, GrowthEvent } from './runtime/reports.ts';

/** The figures at the end of one epoch. */
export type EpochLog = EpochReport;

/** A figure of an epoch that is one number. */
export type Metric = 'loss' | 'accuracy' | 'valLoss' | 'valAccuracy' | 'weightCount' | 'learningRate';

/** Whether changes of `kind` bring something. */
export function isAddition(kind: GrowthEvent['kind']): boolean {
  return kind.startsWith('add') || kind === 'restoreInput';
}

/** Whether an event brought features, a layer, inputs or outputs. */
export function isGrowth(event: GrowthEvent): boolean {
  return event.verdict === 'kept' && isAddition(event.kind);
}

/** Whether an event took features or a layer away. */
export function isShrinkage(event: GrowthEvent): boolean {
  return event.verdict === 'kept' && event.kind !== 'replace' && !isGrowth(event);
}

/** Where the time of a `fit` went. */
export interface FitTiming {
  /** Milliseconds in its steps, growth events and validation: all that the engine did for it, without callbacks and pauses. */
  milliseconds: number;
  /** How many of them went into growth events. */
  eventMilliseconds: number;
}

/** What happened in a `fit`. Plain enough for `JSON.stringify`; no times in it but `rates`, so equal runs give equal histories. */
export class History {
  /** One entry per epoch, first to last. */
  readonly epochs: EpochLog[] = [];
  /** Every judged or carried out change of structure, kept or not, in order. */
  readonly events: GrowthEvent[] = [];
  /** Steps taken in this fit. */
  steps: number = 0;
  /** Optimiser steps that the model had taken before; `step` in events counts them too. */
  firstStep: number = 0;
  /** Nanoseconds of a multiply-add of each layer, where growth counted microseconds: given, or measured before the first step. */
  rates: readonly number[] | undefined;
  /** Why it ended before its last epoch, if a callback stopped it. */
  stopped: string | undefined;
  /** Private, so that neither comparisons nor JSON see it. */
  readonly #timing: FitTiming = { milliseconds: 0, eventMilliseconds: 0 };

  /**
   * Where the time went so far. It differs from run to run, so it is not in the JSON. In workerd, whose
   * clock stands still while code runs, the times say nothing.
   */
  get timing(): FitTiming {
    return this.#timing;
  }

  /**
   * One figure over the epochs.
   *
   * @throws CambiumError `OPTION` if it was not measured
   */
  series(metric: Metric): number[] {
    return this.epochs.map((epoch) => metricOf(epoch, metric));
  }

  /** The epoch with the lowest `valLoss` (`loss` without validation data), or undefined before the first. */
  get best(): EpochLog | undefined {
    const figure = (epoch: EpochLog): number => epoch.valLoss ?? epoch.loss;
    return this.epochs.reduce<EpochLog | undefined>(
      (best, epoch) => (best && figure(best) <= figure(epoch) ? best : epoch),
      undefined,
    );
  }

  /** How many features, of layers and of the rows, and layers came. */
  get added(): number {
    return this.events.filter(isGrowth).length;
  }

  /** How many features, of layers and of the rows, and layers went. */
  get removed(): number {
    return this.events.filter(isShrinkage).reduce((sum, event) => sum + (event.removed?.length ?? 1), 0);
  }

  /** The contents as a plain object. */
  toJSON(): { epochs: EpochLog[]; events: GrowthEvent[]; steps: number; firstStep: number; rates?: readonly number[]; stopped?: string } {
    const { epochs, events, steps, firstStep, rates, stopped } = this;
    return { epochs, events, steps, firstStep, ...(rates && { rates }), ...(stopped !== undefined && { stopped }) };
  }
}

/** `metric` of `epoch`. Throws `OPTION` if it was not measured. */
export function metricOf(epoch: EpochLog, metric: Metric): number {
  const value = epoch[metric];
  if (typeof value !== 'number') {
    const measured = Object.keys(epoch).filter(
      (key) => typeof (epoch as unknown as Record<string, unknown>)[key] === 'number' && key !== 'epoch',
    );
    const hint =
      metric.startsWith('val') && !measured.includes(metric)
        ? ' (validation figures need validationData or validationSplit)'
        : '';
    throw new CambiumError('OPTION', `'${metric}' was not measured; there are ${measured.join(', ')}${hint}`);
  }
  return value;
}
