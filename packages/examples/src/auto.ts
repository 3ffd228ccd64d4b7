/**
 * No size to choose: the network finds its widths, and which of the 64 pixels of a digit it needs at all.
 *
 *     node src/auto.ts [--start 4] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { adamw, cosine, Dataset, DynamicDense, DynamicModel, shutdown } from 'cambium';
import { digits } from 'cambium/data';

const { values } = parseArgs({ options: { start: { type: 'string', default: '4' }, seed: { type: 'string', default: '1' } } });
const [start, seed] = [Number(values.start), Number(values.seed)];
// Validation rows decide about the structure; test rows decide nothing.
const [train, valid, test] = (await Dataset.from(await digits())).split([0.6, 0.2, 0.2], seed) as [Dataset, Dataset, Dataset];
using model = await DynamicModel.create({
  input: [64],
  layers: [start, start, 10].map((units) => new DynamicDense({ units })),
  optimizer: adamw({ learningRate: 2e-3, weightDecay: 0.3, schedule: cosine({ start: 0.5, floor: 0.02 }) }),
  seed,
});
await model.fit(train, { epochs: 160, batchSize: 64, validationData: valid, growth: { method: 'auto' } });

const { widths, weightCount, inputs } = await model.structure();
const used = new Set((await model.getState()).config.usedInputs ?? Array.from({ length: 64 }, (_, pixel) => pixel));
console.log(`from widths ${start}-${start} to ${widths.join('-')}, ${weightCount} weights, ${inputs} of 64 pixels:`);
for (let row = 0; row < 8; row++) {
  console.log(Array.from({ length: 8 }, (_, column) => (used.has(8 * row + column) ? '■' : '·')).join(' '));
}
console.log(`test accuracy ${(100 * (await model.evaluate(test)).accuracy!).toFixed(1)} %`);
await shutdown();
