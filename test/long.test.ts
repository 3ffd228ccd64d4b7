/**
 * Dead units: their gradients are zero, so their moments decay towards denormal numbers, which are slow and which
 * WebAssembly cannot flush. They must become zero instead.
 */
import { adam, Dataset, DynamicDense, DynamicModel, sgd, shutdown, type OptimizerSpec } from 'cambium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noise, start, variants } from './support/engine.ts';

const LEAST_NORMAL = 2 ** -126;
const STEPS_IN_EPOCH = 100;
const UNITS = 6;
/** Units that are killed. */
const DEAD = 4;

/** The state with units of the first layer that no input can wake. */
async function killUnits(model: DynamicModel): Promise<void> {
  const state = await model.getState();
  state.tensors['layers.0.bias']!.data.fill(-1000, 0, DEAD);
  await model.setState(state);
}

async function arrays(model: DynamicModel, names: RegExp): Promise<[key: string, data: Float32Array][]> {
  const { tensors } = await model.getState();
  const keys = Object.keys(tensors).filter((key) => names.test(key));
  expect(keys.length).toBeGreaterThan(0);
  return keys.map((key) => [key, tensors[key]!.data as Float32Array]);
}

/** Second moments decay by 0.999 a step: from 1e-6 into the denormals in about 74,000 steps. SGD has none. */
const cases: { name: string; optimizer: OptimizerSpec; steps: number; moments: RegExp }[] = [
  { name: 'Adam', optimizer: adam(), steps: 100_000, moments: /\.(first|second)$/ },
  { name: 'SGD with momentum', optimizer: sgd({ momentum: 0.9 }), steps: 2_000, moments: /\.first$/ },
];

describe.each(variants.filter(({ threads }) => threads === 1))('in the module $module', (options) => {
  beforeAll(() => start({ ...options, host: 'inline' }));
  afterAll(shutdown);

  it.each(cases)('$steps steps of $name leave no denormal moment', async ({ optimizer, steps, moments }) => {
    const rows = 2 * STEPS_IN_EPOCH;
    const y = Uint8Array.from(noise(rows, 2), (value) => Number(value > 0));
    using data = await Dataset.from({ x: noise(3 * rows), shape: [3], y });
    const layers = [new DynamicDense({ units: UNITS }), new DynamicDense({ units: 2 })];
    using model = await DynamicModel.create({ input: [3], layers, optimizer, seed: 1 });
    await model.fit(data, { epochs: 1, batchSize: 2 });
    await killUnits(model);
    for (const [key, data] of await arrays(model, moments)) expect(data.every((value) => value === 0), key).toBe(false);
    await model.fit(data, { epochs: steps / STEPS_IN_EPOCH, batchSize: 2 });
    for (const [key, data] of await arrays(model, moments)) {
      const denormal = data.filter((value) => value !== 0 && Math.abs(value) < LEAST_NORMAL);
      expect([...denormal], key).toEqual([]);
      if (/^optimizer.layers.0.bias/.test(key)) expect([...data.subarray(0, DEAD)], key).toEqual([0, 0, 0, 0]);
    }
  });
});
