/**
 * Training by hand: batches, growth and pruning in your own order. `fit` does the same with fewer crossings into the engine
 * and in a tenth of the code; a loop of your own is for what `fit` does not do.
 *
 *     node src/custom-loop.ts [--epochs 30]
 */
import { parseArgs } from 'node:util';
import { adam, Dataset, DynamicDense, DynamicModel } from 'cambium';
import { digits } from 'cambium/data';

const { values } = parseArgs({ options: { epochs: { type: 'string', default: '30' } } });
const [train, valid, test] = (await Dataset.from(await digits())).split([0.6, 0.2, 0.2]);
using model = await DynamicModel.create({
  input: [64],
  layers: [new DynamicDense({ units: 4 }), new DynamicDense({ units: 4 }), new DynamicDense({ units: 10 })],
  optimizer: adam({ learningRate: 0.01 }),
});

const batchSize = 50;
let step = 0;
for (let epoch = 1; epoch <= Number(values.epochs); epoch++) {
  const order = Array.from({ length: train.rows }, (_, row) => row).sort(() => Math.random() - 0.5);
  let sum = 0;
  for (let start = 0; start < train.rows; start += batchSize) {
    if (++step % 5 === 0) {
      const event = await model.updateFeatures(valid, { weightPenalty: 1e-5 });
      if (event.verdict === 'kept')
        console.log(`step ${step}: ${event.kind} on axis ${event.axis}, now ${event.width} features`);
      await model.prune(0.01);
    }
    using batch = train.subset(order.slice(start, start + batchSize));
    sum += (await model.trainOnBatch(batch)).loss * batch.rows;
  }
  const { loss, accuracy } = await model.evaluate(valid);
  console.log(
    `epoch ${epoch}: loss ${(sum / train.rows).toFixed(4)}, validation loss ${loss.toFixed(4)}, accuracy ${accuracy!.toFixed(4)}`,
  );
}
console.log(
  `widths ${(await model.widths()).join('-')}, test accuracy ${(await model.evaluate(test)).accuracy!.toFixed(4)}`,
);
