/**
 * A network that grows past a number of weights and then shrinks to it, beside one of fixed widths that has no more: same
 * rows, same steps, same optimiser. Test rows decide nothing.
 *
 *   node src/budget.ts [--seeds 10] [--weights 870] [--steps 3000]
 */
import { parseArgs } from 'node:util';
import { adam, cosine, Dataset, DynamicDense, DynamicModel, shutdown, type GrowthOptions } from 'cambium';
import { digits } from 'cambium/data';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '10' }, weights: { type: 'string', default: '870' }, steps: { type: 'string', default: '3000' } },
});
const [seeds, weights, steps] = [Number(values.seeds), Number(values.weights), Number(values.steps)];
const batchSize = 64;
const all = await Dataset.from(await digits());

/** The largest width of two equal hidden layers with at most `weights` weights. */
function fixedWidth(): number {
  const count = (width: number): number => 65 * width + (width + 1) * width + 10 * (width + 1);
  let width = 1;
  while (count(width + 1) <= weights) width++;
  return width;
}

/** Share of the test rows that are right, and the network at the end. */
async function run(seed: number, width: number, growth?: GrowthOptions): Promise<{ accuracy: number; network: string }> {
  const [train, , test] = all.split([0.6, 0.15, 0.25], seed);
  const layers = [width, width, 10].map((units) => new DynamicDense({ units }));
  using model = await DynamicModel.create({ input: [64], layers, seed });
  const epochs = Math.ceil(steps / Math.ceil(train.rows / batchSize));
  const optimizer = adam({ learningRate: 2e-3, schedule: cosine({ start: 0.5, floor: 0.02 }) });
  await model.fit(train, { epochs, batchSize, optimizer, ...(growth && { growth }) });
  const { widths, weightCount } = await model.structure();
  const { accuracy } = await model.evaluate(test);
  return { accuracy: 100 * accuracy!, network: `${widths.join('-')}, ${weightCount} weights` };
}

const gains: number[] = [];
for (let seed = 1; seed <= seeds; seed++) {
  const fixed = await run(seed, fixedWidth());
  const grown = await run(seed, 4, { method: 'budget', weights });
  gains.push(grown.accuracy - fixed.accuracy);
  console.log(`seed ${seed}: fixed ${fixed.accuracy.toFixed(1)} % (${fixed.network}), budget ${grown.accuracy.toFixed(1)} % (${grown.network})`);
}
const mean = gains.reduce((sum, gain) => sum + gain, 0) / seeds;
const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (seeds - 1);
console.log(`mean gain ${mean.toFixed(2)} points, standard error ${Math.sqrt(variance / seeds).toFixed(2)}`);
await shutdown();
