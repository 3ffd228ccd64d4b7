/**
 * The stochastic recipe on CIFAR-10: every 10 steps, before the gradient step, one random feature is added or removed
 * (`updateFeatures` on random validation rows; undone if their loss rises), then features with weak outgoing weights go
 * (`prune(0.01)`).
 *
 *     node src/stochastic-cifar10.ts --data DIR [--epochs 50]
 */
import { conclude, load, network, readArguments } from './cifar10.ts';

const { folder, epochs } = readArguments();
const { train, valid, test } = await load(folder);
using model = await network();
const history = await model.fit(train, {
  epochs,
  batchSize: 100,
  validationData: valid,
  growth: { method: 'stochastic', every: 10, weightPenalty: 0, scoring: 'validation', prune: 0.01 },
  verbose: true,
});
await conclude(model, history, test);
