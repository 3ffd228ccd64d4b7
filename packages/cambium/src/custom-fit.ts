import { customEvaluate, customStep } from './custom.ts';
import type { Dataset } from './dataset.ts';
import { CambiumError } from './errors.ts';
import type { Handle } from './handle.ts';
import type { CustomLoss } from './losses.ts';
import { randomBelow, shuffled } from './random.ts';
import type { ChunkReport, Evaluation } from './runtime/reports.ts';
import type { OptimizerSpec } from './spec.ts';
import { parseState } from './state.ts';
import type { Steps } from './steps.ts';

/** What a fit with a custom loss needs. */
export interface CustomFit {
  train: Dataset;
  valid: { id: number; dataset: Dataset } | undefined;
  /** Shape of the model's rows. */
  inputShape: readonly number[];
  loss: CustomLoss;
  batchSize: number;
  epochs: number;
  shuffle: boolean;
  /** Replaces the model's at the first step; its schedule does not apply. */
  optimizer: OptimizerSpec | undefined;
}

function checkRows(dataset: Dataset, inputShape: readonly number[], what: string): void {
  if (dataset.shape.join() === inputShape.join()) return;
  const [given, read] = [dataset.shape.join(', '), inputShape.join(', ')];
  throw new CambiumError('SHAPE', `${what}: rows have shape [${given}], but the model reads [${read}]`);
}

/** The model as bytes, and its learning rate. Throws `NOT_FINITE` if it has a weight that is not. */
async function snapshot(handle: Handle): Promise<{ bytes: Uint8Array; learningRate: number }> {
  const bytes = await handle.call('modelSave');
  const { tensors, config } = parseState(bytes);
  for (const [key, { data }] of Object.entries(tensors)) {
    if (!data.every((value) => Number.isFinite(value)))
      throw new CambiumError('NOT_FINITE', `the model has numbers that are not finite, in ${key}`);
  }
  return { bytes, learningRate: config.optimizer?.learningRate ?? 1e-3 };
}

/** A fit, step by step in JavaScript, with the same reports as the engine's. Throws what `fitBegin` would. */
export async function customSteps(handle: Handle, fit: CustomFit): Promise<Steps> {
  checkRows(fit.train, fit.inputShape, 'fit');
  if (fit.valid) checkRows(fit.valid.dataset, fit.inputShape, 'fit validationData');
  await snapshot(handle);
  const reports = customReports(handle, fit);
  const next = async (): Promise<ChunkReport> => {
    const begun = performance.now();
    const report = (await reports.next()).value as StepReport;
    return { ...report, milliseconds: performance.now() - begun, eventMilliseconds: 0 };
  };
  return { next, end: async () => {} };
}

/** The report of one step, which has no growth event. */
type StepReport = Omit<ChunkReport, 'milliseconds' | 'eventMilliseconds'>;

async function* customReports(handle: Handle, fit: CustomFit): AsyncGenerator<StepReport> {
  const { train, valid, loss, batchSize, epochs } = fit;
  const stepsInEpoch = Math.ceil(train.rows / batchSize);
  let { step } = await handle.call('summary');
  let optimizer = fit.optimizer;
  const below = randomBelow(step);

  const oneStep = async (rows: Uint32Array): Promise<Evaluation & { rows: number }> => {
    const batch = train.subset(rows);
    try {
      const figures = await handle.with(batch, 'fit', (id) => customStep(handle, id, batch, loss, optimizer));
      optimizer = undefined;
      step++;
      return { ...figures, rows: batch.rows };
    } finally {
      batch.dispose();
    }
  };

  for (let epoch = 0; epoch < epochs; epoch++) {
    const good = (await snapshot(handle)).bytes;
    /** Does `work`; a figure or a weight that is not finite takes the model back to the start of the epoch. */
    const orGoBack = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (cause) {
        if (!(cause instanceof CambiumError && cause.code === 'NOT_FINITE')) throw cause;
        await handle.send('modelRestore', good);
        if (fit.optimizer && !optimizer) await handle.send('setOptimizer', JSON.stringify(fit.optimizer));
        const now = 'the model is as at the start of this epoch; try a smaller learning rate';
        throw new CambiumError('NOT_FINITE', `${cause.message}; ${now}`, { cause });
      }
    };
    const order = fit.shuffle ? shuffled(train.rows, below) : Uint32Array.from({ length: train.rows }, (_, i) => i);
    const sum = { loss: 0, accuracy: 0 };
    for (let stepInEpoch = 1; stepInEpoch <= stepsInEpoch; stepInEpoch++) {
      const rows = order.subarray((stepInEpoch - 1) * batchSize, stepInEpoch * batchSize);
      const figures = await orGoBack(() => oneStep(rows));
      sum.loss += figures.loss * figures.rows;
      sum.accuracy += (figures.accuracy ?? NaN) * figures.rows;
      const report = { step, epoch, stepsInEpoch, stepInEpoch, losses: [figures.loss], events: [], done: false };
      if (stepInEpoch < stepsInEpoch) {
        yield report;
        continue;
      }
      const after = await orGoBack(async () => valid && customEvaluate(handle, valid.id, valid.dataset, loss));
      const { learningRate } = await orGoBack(() => snapshot(handle));
      const { weightCount, widths } = await handle.call('summary');
      const epochEnd = {
        epoch,
        loss: sum.loss / train.rows,
        ...(figures.accuracy !== undefined && { accuracy: sum.accuracy / train.rows }),
        ...(after && { valLoss: after.loss, ...(after.accuracy !== undefined && { valAccuracy: after.accuracy }) }),
        weightCount,
        widths,
        learningRate,
      };
      yield { ...report, epochEnd, done: epoch === epochs - 1 };
    }
  }
}
