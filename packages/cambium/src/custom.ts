import type { Dataset } from './dataset.ts';
import { show } from './check.ts';
import { CambiumError } from './errors.ts';
import type { Handle } from './handle.ts';
import type { CustomLoss } from './losses.ts';
import { Predictions } from './predictions.ts';
import { randomBelow, shuffled } from './random.ts';
import type { ChunkReport, Evaluation } from './runtime/protocol.ts';

function measure(loss: CustomLoss, logits: Float32Array, dataset: Dataset): Evaluation & { gradient: Float32Array } {
  const predictions = new Predictions(logits, dataset.rows);
  const result: unknown = loss(logits, dataset.y ?? undefined, predictions.shape);
  const { loss: value, gradient } = (result ?? {}) as { loss?: unknown; gradient?: unknown };
  if (typeof value !== 'number' || !(gradient instanceof Float32Array)) {
    throw new CambiumError(
      'OPTION',
      `a custom loss must return { loss: number, gradient: Float32Array }, not ${show(result)}`,
    );
  }
  if (gradient.length !== logits.length) {
    throw new CambiumError(
      'SHAPE',
      `the custom loss returned ${gradient.length} gradient entries for ${logits.length} logits`,
    );
  }
  const bad = gradient.findIndex((g) => !Number.isFinite(g));
  if (!Number.isFinite(value) || bad >= 0) {
    const what = Number.isFinite(value) ? `gradient entry ${bad} is ${gradient[bad]}` : `loss is ${value}`;
    throw new CambiumError(
      'NOT_FINITE',
      `the custom loss is not finite: its ${what}; the weights are those before the step`,
    );
  }
  if (dataset.targets.type !== 'labels') return { loss: value, gradient };
  const right = predictions.labels().reduce((sum, label, row) => sum + Number(label === dataset.y![row]), 0);
  return { loss: value, gradient, accuracy: right / dataset.rows };
}

/** One optimiser step on all rows of `dataset`, uploaded as `id`. */
export async function customStep(handle: Handle, id: number, dataset: Dataset, loss: CustomLoss): Promise<Evaluation> {
  const { gradient, ...evaluation } = measure(loss, await handle.send('forwardBatch', id), dataset);
  await handle.send('backwardBatch', id, gradient);
  return evaluation;
}

/** The custom loss over all rows of `dataset`, uploaded as `id`. */
export async function customEvaluate(
  handle: Handle,
  id: number,
  dataset: Dataset,
  loss: CustomLoss,
): Promise<Evaluation> {
  const { gradient: _, ...evaluation } = measure(loss, await handle.send('predict', id, true), dataset);
  return evaluation;
}

/** What a fit with a custom loss needs. */
export interface CustomFit {
  train: Dataset;
  valid: { id: number; dataset: Dataset } | undefined;
  loss: CustomLoss;
  batchSize: number;
  epochs: number;
  shuffle: boolean;
  /** For the reports; schedules do not apply. */
  learningRate: number;
}

/** A fit, step by step in JavaScript, with the same reports as the engine's. */
export async function* customChunks(handle: Handle, fit: CustomFit): AsyncGenerator<ChunkReport> {
  const { train, valid, loss, batchSize, epochs } = fit;
  const stepsInEpoch = Math.ceil(train.rows / batchSize);
  let { step } = await handle.call('summary');
  const below = randomBelow(step);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = fit.shuffle ? shuffled(train.rows, below) : Uint32Array.from({ length: train.rows }, (_, i) => i);
    const sum = { loss: 0, accuracy: 0 };
    for (let stepInEpoch = 1; stepInEpoch <= stepsInEpoch; stepInEpoch++) {
      const batch = train.subset(order.subarray((stepInEpoch - 1) * batchSize, stepInEpoch * batchSize));
      const figures = await handle
        .with(batch, 'fit', (id) => customStep(handle, id, batch, loss))
        .finally(() => batch.dispose());
      step++;
      sum.loss += figures.loss * batch.rows;
      sum.accuracy += (figures.accuracy ?? NaN) * batch.rows;
      const report = { step, epoch, stepsInEpoch, stepInEpoch, losses: [figures.loss], events: [], done: false };
      if (stepInEpoch < stepsInEpoch) {
        yield report;
        continue;
      }
      const after = valid && (await customEvaluate(handle, valid.id, valid.dataset, loss));
      const { weightCount, widths } = await handle.call('summary');
      const epochEnd = {
        epoch,
        loss: sum.loss / train.rows,
        ...(figures.accuracy !== undefined && { accuracy: sum.accuracy / train.rows }),
        ...(after && { valLoss: after.loss, ...(after.accuracy !== undefined && { valAccuracy: after.accuracy }) }),
        weightCount,
        widths,
        learningRate: fit.learningRate,
      };
      yield { ...report, epochEnd, done: epoch === epochs - 1 };
    }
  }
}
