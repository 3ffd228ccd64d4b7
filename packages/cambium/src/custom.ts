import type { Dataset } from './dataset.ts';
import { show } from './check.ts';
import { CambiumError } from './errors.ts';
import type { Handle } from './handle.ts';
import type { CustomLoss } from './losses.ts';
import { Predictions } from './predictions.ts';
import type { Evaluation } from './runtime/reports.ts';
import type { OptimizerSpec } from './spec.ts';

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
      `the custom loss is not finite: its ${what}`,
    );
  }
  if (dataset.targets.type !== 'labels') return { loss: value, gradient };
  const right = predictions.labels().reduce((sum, label, row) => sum + Number(label === dataset.y![row]), 0);
  return { loss: value, gradient, accuracy: right / dataset.rows };
}

/**
 * One optimiser step on all rows of `dataset`, uploaded as `id`. Nothing else happens to the model between its two passes.
 *
 * @param optimizer - replaces the model's once the loss has turned out to be sound
 */
export async function customStep(
  handle: Handle,
  id: number,
  dataset: Dataset,
  loss: CustomLoss,
  optimizer?: OptimizerSpec,
): Promise<Evaluation> {
  return handle.alone(async (send) => {
    const { gradient, ...evaluation } = measure(loss, await send('forwardBatch', id), dataset);
    if (optimizer) await send('setOptimizer', JSON.stringify(optimizer));
    await send('backwardBatch', gradient);
    return evaluation;
  });
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
