/** One measurement of each kind. */
import { performance } from 'node:perf_hooks';
import type { Dataset } from 'cambium';
import { BATCH, create, data, type Network } from './networks.ts';

/** Batches in the data set of a training measurement. */
const BATCHES_IN_EPOCH = 100;
/** Growth steps from one start of the network; few, so that its widths stay close to the start. */
const EVENTS = 20;
/** Starts in a growth measurement. */
const STARTS = 5;

/** Rows for {@link trainingStep}; made once, since they take longer than the steps. */
export function trainingData(network: Network): Promise<Dataset> {
  return data(network, BATCH * BATCHES_IN_EPOCH);
}

/** Microseconds per training step: one `fit`, chunks and the ends of epochs included. */
export async function trainingStep(network: Network, rows: Dataset): Promise<number> {
  using model = await create(network);
  const options = { batchSize: BATCH, epochs: network.steps / BATCHES_IN_EPOCH };
  // Uploads the data and lets the JavaScript engine compile what it has only translated so far.
  await model.fit(rows, { ...options, epochs: Math.ceil(options.epochs / 4) });
  const start = performance.now();
  await model.fit(rows, options);
  return (1000 * (performance.now() - start)) / network.steps;
}

/** Microseconds per growth step: `updateFeatures` on a batch, kept or undone, one call each. */
export async function growthStep(network: Network): Promise<number> {
  using rows = await data(network, BATCH);
  using model = await create(network);
  const file = await model.save();
  let total = 0;
  for (let n = -1; n < STARTS; n++) {
    await model.restore(file);
    const start = performance.now();
    for (let event = 0; event < EVENTS; event++) await model.updateFeatures(rows);
    // The first start warms up.
    if (n >= 0) total += performance.now() - start;
  }
  return (1000 * total) / (STARTS * EVENTS);
}
