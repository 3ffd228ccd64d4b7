/**
 * The prune-and-expand recipe on CIFAR-10: every 10 steps features with weak outgoing weights go (`prune(0.01)`) and one
 * random feature comes (`expand()`), without a test.
 *
 *     node src/prune-expand-cifar10.ts --data DIR [--epochs 50]
 */
import { conclude, load, network, readArguments } from './cifar10.ts';

const { folder, epochs } = readArguments();
const { train, valid, test } = await load(folder);
using model = await network();
const history = await model.fit(train, {
  epochs,
  batchSize: 100,
  validationData: valid,
  growth: { method: 'pruneExpand', every: 10, prune: 0.01 },
  verbose: true,
});
await conclude(model, history, test);
