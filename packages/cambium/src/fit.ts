import type { Callback, FitContext, hookNames } from './callbacks.ts';
import { checkInteger } from './check.ts';
import { customChunks } from './custom-fit.ts';
import type { Dataset } from './dataset.ts';
import { CambiumError } from './errors.ts';
import { checkFitOptions, type FitOptions } from './fit-options.ts';
import { growthPlan, whyNothingGrows } from './growth.ts';
import type { Handle } from './handle.ts';
import { History, isGrowth, isShrinkage } from './history.ts';
import type { DynamicModel } from './model.ts';
import type { ChunkReport, FitPlan, GrowthPlan } from './runtime/protocol.ts';

async function* engineChunks(
  handle: Handle,
  plan: FitPlan,
  train: number,
  valid: number | null,
  begun: () => Promise<boolean>,
): AsyncGenerator<ChunkReport> {
  const fit = await handle.call('fitBegin', plan, train, valid);
  try {
    for (let done = !(await begun()); !done;) {
      handle.check();
      const report = await handle.inTurn(() => handle.engine.call('fitChunk', fit));
      done = report.done;
      yield report;
    }
  } finally {
    await handle.engine.call('fitEnd', fit);
  }
}

function aborted(signal: AbortSignal, history: History, epochs: number): CambiumError {
  const where = `after ${history.steps} steps (${history.epochs.length} of ${epochs} epochs)`;
  return new CambiumError('ABORTED', `fit was aborted ${where}; the model keeps the weights reached`, {
    cause: signal.reason,
  });
}

/** Calls one hook of all callbacks, in order. */
type Tell = <H extends (typeof hookNames)[number]>(
  hook: H,
  ...args: Parameters<NonNullable<Callback[H]>>
) => Promise<void>;

async function report(chunk: ChunkReport, history: History, context: FitContext, tell: Tell): Promise<void> {
  let next = 0;
  const start = chunk.step - chunk.losses.length;
  for (let i = 0; i <= chunk.losses.length; i++) {
    // Events stand before the step that they came in.
    for (; next < chunk.events.length && (i === chunk.losses.length || chunk.events[next]!.step <= start + i); next++) {
      const event = chunk.events[next]!;
      history.events.push(event);
      await tell('onEvent', event, context);
      if (isGrowth(event)) await tell('onGrow', event, context);
      if (isShrinkage(event)) await tell('onShrink', event, context);
    }
    if (i === chunk.losses.length) break;
    history.steps = start + i + 1 - history.firstStep;
    await tell('onBatchEnd', { step: history.steps, loss: chunk.losses[i]! }, context);
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
): Promise<History> {
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
  const growth: GrowthPlan | undefined =
    options.growth === undefined ? undefined : growthPlan(options.growth, valid !== undefined);
  const history = new History();
  if (signal?.aborted) throw aborted(signal, history, epochs);

  const callbacks: Callback[] = [...(options.callbacks ?? []), options];
  if (verbose) callbacks.push({ onEpochEnd: (log) => console.log(line(log, epochs)) });
  let stopped = false;
  const context: FitContext = {
    model,
    history,
    stop: (reason = 'stopped by a callback') => {
      stopped = true;
      history.stopped ??= reason;
    },
  };
  const tell: Tell = async (hook, ...args) => {
    for (const callback of callbacks)
      await (callback[hook] as ((...args: unknown[]) => unknown) | undefined)?.apply(callback, args);
  };

  const run = async (validId: number | null, validSet: Dataset | undefined): Promise<void> => {
    const begun = async (): Promise<boolean> => {
      const summary = await handle.call('summary');
      history.firstStep = summary.step;
      const warning = growth && whyNothingGrows(summary);
      if (warning) (options.onWarning ?? console.warn)(warning);
      await tell('onTrainBegin', context);
      if (signal?.aborted) throw aborted(signal, history, epochs);
      return !stopped;
    };
    const plan: FitPlan = { batchSize, epochs, shuffle, ...(optimizer && { optimizer }), ...(growth && { growth }) };
    const chunks = loss
      ? customChunks(handle, {
          ...{ train, loss, batchSize, epochs, shuffle, optimizer, begun },
          inputShape: model.inputShape,
          valid: validSet && { id: validId!, dataset: validSet },
        })
      : await handle.with(train, 'fit', async (id) => engineChunks(handle, plan, id, validId, begun));
    for await (const chunk of chunks) {
      await report(chunk, history, context, tell);
      if (stopped) break;
      if (signal?.aborted && !chunk.done) throw aborted(signal, history, epochs);
    }
  };
  try {
    await (valid === undefined ? run(null, undefined) : handle.with(valid, 'fit validationData', run));
  } finally {
    split?.forEach((part) => part.dispose());
    handle.fitting = false;
  }
  await tell('onTrainEnd', context);
  return history;
}
