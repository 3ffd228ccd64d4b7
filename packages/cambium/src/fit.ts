import { hookNames, type Callback, type FitContext } from './callbacks.ts';
import { checkInteger } from './check.ts';
import { customSteps } from './custom-fit.ts';
import type { Dataset } from './dataset.ts';
import { CambiumError } from './errors.ts';
import { explained } from './event.ts';
import type { FitControl } from './fit-control.ts';
import { checkFitOptions, type FitOptions } from './fit-options.ts';
import { countsTime, growthPlan, whyNothingGrows } from './growth.ts';
import type { Handle } from './handle.ts';
import { isGrowth, isShrinkage, type History } from './history.ts';
import type { DynamicModel } from './model.ts';
import type { FitPlan, GrowthPlan } from './runtime/protocol.ts';
import type { ChunkReport } from './runtime/reports.ts';
import { engineSteps } from './steps.ts';

function aborted(signal: AbortSignal, history: History, epochs: number): CambiumError {
  const where = `after ${history.steps} steps (${history.epochs.length} of ${epochs} epochs)`;
  return new CambiumError('ABORTED', `fit was aborted ${where}; the model keeps the weights reached`, {
    cause: signal.reason,
  });
}

/** Calls one hook of all callbacks, in order; nothing to wait for where none has it. */
type Tell = <H extends (typeof hookNames)[number]>(
  hook: H,
  ...args: Parameters<NonNullable<Callback[H]>>
) => Promise<void> | undefined;

function teller(callbacks: readonly Callback[]): Tell {
  const listening = new Map(hookNames.map((hook) => [hook, callbacks.filter((callback) => callback[hook])]));
  const call = async (listeners: Callback[], hook: (typeof hookNames)[number], args: unknown[]): Promise<void> => {
    for (const callback of listeners) await (callback[hook] as (...args: unknown[]) => unknown).apply(callback, args);
  };
  return (hook, ...args) => {
    const listeners = listening.get(hook)!;
    return listeners.length > 0 ? call(listeners, hook, args) : undefined;
  };
}

async function report(chunk: ChunkReport, history: History, context: FitContext, tell: Tell): Promise<void> {
  history.timing.milliseconds += chunk.milliseconds;
  history.timing.eventMilliseconds += chunk.eventMilliseconds;
  let next = 0;
  const start = chunk.step - chunk.losses.length;
  for (let i = 0; i <= chunk.losses.length; i++) {
    // Events stand before the step that they came in.
    for (; next < chunk.events.length && (i === chunk.losses.length || chunk.events[next]!.step <= start + i); next++) {
      const event = explained(chunk.events[next]!);
      history.events.push(event);
      // Waiting for nothing takes a turn too, and most steps have no listener.
      let told = tell('onEvent', event, context);
      if (told) await told;
      told = isGrowth(event) ? tell('onGrow', event, context) : isShrinkage(event) ? tell('onShrink', event, context) : undefined;
      if (told) await told;
    }
    if (i === chunk.losses.length) break;
    history.steps = start + i + 1 - history.firstStep;
    const told = tell('onBatchEnd', { step: history.steps, loss: chunk.losses[i]! }, context);
    if (told) await told;
  }
  if (chunk.epochEnd) {
    history.epochs.push(chunk.epochEnd);
    await tell('onEpochEnd', chunk.epochEnd, context);
  }
}

function line(log: History['epochs'][number], epochs: number): string {
  const figure = (name: string, value: number | undefined) =>
    value === undefined ? '' : `  ${name} ${value.toFixed(4)}`;
  const figures =
    figure('loss', log.loss) +
    figure('accuracy', log.accuracy) +
    figure('valLoss', log.valLoss) +
    figure('valAccuracy', log.valAccuracy);
  return `epoch ${log.epoch + 1}/${epochs}${figures}  widths ${log.widths.join('-')}  weights ${log.weightCount}`;
}

/** Trains `model`; what `DynamicModel.fit` does. */
export async function runFit(
  model: DynamicModel,
  handle: Handle,
  data: Dataset,
  options: FitOptions,
  control: FitControl,
): Promise<void> {
  checkFitOptions(options);
  const {
    epochs = 1,
    shuffle = true,
    validationData,
    validationSplit,
    loss,
    signal,
    optimizer,
    verbose = false,
  } = options;
  const split = validationSplit === undefined ? undefined : data.split([1 - validationSplit, validationSplit], 0);
  const [train, valid] = split ?? [data, validationData];
  const batchSize =
    options.batchSize === undefined
      ? Math.min(100, train.rows)
      : checkInteger(options.batchSize, 'batchSize', 1, train.rows);
  const totalSteps = epochs * Math.ceil(train.rows / batchSize);
  const growth: GrowthPlan | undefined =
    options.growth === undefined ? undefined : growthPlan(options.growth, valid !== undefined, totalSteps);
  const { history } = control;
  control.signal = signal;
  if (signal?.aborted) throw aborted(signal, history, epochs);

  const callbacks: Callback[] = [...(options.callbacks ?? []), options];
  if (verbose) callbacks.push({ onEpochEnd: (log) => console.log(line(log, epochs)) });
  const context: FitContext = {
    model,
    history,
    stop: (reason = 'stopped by a callback') => control.stop(reason),
  };
  const tell = teller(callbacks);

  if (growth && countsTime(growth)) {
    growth.rates ??= (await handle.call('summary')).rates ?? (await model.measureRates());
    history.rates = growth.rates;
  }

  const run = async (validId: number | null, validSet: Dataset | undefined): Promise<void> => {
    const plan: FitPlan = { batchSize, epochs, shuffle, ...(optimizer && { optimizer }), ...(growth && { growth }) };
    const steps = loss
      ? await customSteps(handle, {
          ...{ train, loss, batchSize, epochs, shuffle, optimizer },
          inputShape: model.inputShape,
          valid: validSet && { id: validId!, dataset: validSet },
        })
      : await handle.with(train, 'fit', (id) => engineSteps(handle, plan, id, validId));
    const mayGoOn = async (): Promise<boolean> => {
      await control.turn();
      return !control.stopped;
    };
    try {
      const summary = await handle.call('summary');
      history.firstStep = summary.step;
      const warning = growth && whyNothingGrows(summary, growth, { steps: totalSteps, rows: train.rows });
      if (warning) (options.onWarning ?? console.warn)(warning);
      await tell('onTrainBegin', context);
      for (let done = false; (await mayGoOn()) && !done;) {
        if (signal?.aborted) throw aborted(signal, history, epochs);
        handle.check();
        const chunk = await control.compute(() => steps.next());
        await report(chunk, history, context, tell);
        if (chunk.epochEnd) control.epochTold();
        done = chunk.done;
      }
    } finally {
      await steps.end();
    }
  };
  try {
    await (valid === undefined ? run(null, undefined) : handle.with(valid, 'fit validationData', run));
  } finally {
    split?.forEach((part) => part.dispose());
    handle.fitting = undefined;
  }
  await tell('onTrainEnd', context);
}
