import type { DynamicModel } from 'cambium';
import type { Task } from '../data/task.ts';
import type { Snapshot } from './state.ts';
import type { Structure } from './structure.ts';

/** Looks at a model that takes no step meanwhile: `structure` is what it has now. */
export async function takeSnapshot(model: DynamicModel, task: Task, structure: Structure): Promise<Snapshot> {
  const [{ tensors }, predictions] = await Promise.all([
    model.getState(),
    task.picture && model.predict(task.picture.rows),
  ]);
  const weights = structure.slice(1).map((_, layer) => tensors[`layers.${layer}.weight`]!.data as Float32Array);
  return { structure, weights, ...(predictions && { outputs: predictions.data }) };
}
