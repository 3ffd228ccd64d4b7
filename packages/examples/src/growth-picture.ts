/**
 * How a network came to its size, as a picture: trains on the digits, saves the model, and draws the decisions that the file
 * holds. The picture in the README comes from here.
 *
 *     node src/growth-picture.ts [--out growth.svg]
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { adam, Dataset, DynamicDense, DynamicModel, init } from 'cambium';
import { digits } from 'cambium/data';
import { drawGrowth } from 'cambium/report';

const { out } = parseArgs({ options: { out: { type: 'string', default: 'growth.svg' } } }).values;
// The same picture on every machine.
await init({ numerics: 'portable' });
const [train, valid] = (await Dataset.from(await digits())).split([0.8, 0.2], 1);
using model = await DynamicModel.create({
  input: [64],
  layers: [new DynamicDense({ units: 6 }), new DynamicDense({ units: 6 }), new DynamicDense({ units: 10 })],
  optimizer: adam({ learningRate: 0.01 }),
  seed: 1,
});
await model.fit(train, {
  epochs: 25,
  validationData: valid,
  growth: { method: 'stochastic', every: 3, weightPenalty: 2e-5, scoringRows: 300, until: 0.8 },
});
const { accuracy } = await model.evaluate(valid);

using loaded = await DynamicModel.load(await model.save());
const events = await loaded.events();
const title = `Handwritten digits: ${(100 * accuracy!).toFixed(1)} % right with ${await loaded.weightCount()} weights`;
await writeFile(out, drawGrowth(events, { title, steps: (await loaded.structure()).step }));
console.log(`${events.length} decisions drawn in ${out}`);
