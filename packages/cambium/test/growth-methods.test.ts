import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adam, Dataset, DynamicDense, DynamicModel, init, shutdown, type GrowthOptions } from 'cambium';
import { digits } from 'cambium/data';

describe('growth methods on the digits', () => {
  let train: Dataset;
  let valid: Dataset;
  beforeAll(async () => {
    await init({ numerics: 'portable' });
    [train, valid] = (await Dataset.from(await digits())).split([0.8, 0.2], 1) as [Dataset, Dataset];
  });
  afterAll(shutdown);

  async function run(growth: GrowthOptions | 'auto', width = 4): Promise<{ weights: number; inputs: number; accuracy: number; kinds: Set<string>; predicted: boolean }> {
    const layers = [width, width, 10].map((units) => new DynamicDense({ units }));
    using model = await DynamicModel.create({ input: [64], layers, seed: 1 });
    const history = await model.fit(train, { epochs: 40, batchSize: 64, validationData: valid, optimizer: adam({ learningRate: 5e-3 }), growth });
    const { weightCount: weights, inputs } = await model.structure();
    const { accuracy } = await model.evaluate(valid);
    expect(history.events.every(({ reason }) => reason.length > 0)).toBe(true);
    expect(await model.events()).toEqual(history.events);
    const predicted = history.events.some(({ verdict, predicted }) => verdict === 'undone' && predicted !== undefined);
    return { weights, inputs, accuracy: accuracy!, predicted, kinds: new Set(history.events.filter(({ verdict }) => verdict === 'kept').map(({ kind }) => kind)) };
  }

  it('auto finds a size, and inputs, without a number', async () => {
    const { weights, inputs, accuracy, kinds, predicted } = await run('auto');
    expect(await run({ method: 'auto' })).toEqual({ weights, inputs, accuracy, kinds, predicted });
    expect(predicted).toBe(true);
    expect(weights).toBeGreaterThan(330);
    expect(weights).toBeLessThan(4000);
    expect(inputs).toBeLessThan(64);
    expect(accuracy).toBeGreaterThan(0.9);
    expect([...kinds]).toEqual(expect.arrayContaining(['add', 'remove', 'dropInput']));
  });

  it('a higher price gives a smaller network', async () => {
    const [low, high] = [await run({ method: 'price', price: 0.03 }), await run({ method: 'price', price: 1 })];
    expect(high.weights).toBeLessThan(low.weights);
  });

  it('budget ends within its weights, with and without all inputs', async () => {
    for (const inputs of [true, false]) {
      const end = await run({ method: 'budget', weights: 700, inputs });
      expect(end.weights).toBeLessThanOrEqual(700);
      expect(end.weights).toBeGreaterThan(600);
      expect(end.inputs === 64).toBe(!inputs);
    }
  });

  it.each(['gradMax', 'tiny', 'split', 'cascade'] as const)('%s grows to its weights and removes nothing', async (method) => {
    const { weights, inputs, kinds } = await run({ method, weights: 900 });
    expect(weights).toBeLessThanOrEqual(900);
    expect(weights).toBeGreaterThan(800);
    expect(inputs).toBe(64);
    expect([...kinds]).toEqual(['add']);
  });
});
