import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adamw, Dataset, DynamicDense, DynamicModel, init, shutdown, type DatasetOptions } from 'cambium';

/** Rows of 8 features, of which the first two decide between two classes. */
function rows(count: number, from: number): DatasetOptions {
  const x = Float32Array.from({ length: 8 * count }, (_, i) => Math.sin((i + from) * 12.9898 + ((i * i) % 97)));
  const y = Int32Array.from({ length: count }, (_, row) => (x[8 * row]! > x[8 * row + 1]! ? 1 : 0));
  return { x, y, shape: [8], classes: 2 };
}

async function small(): Promise<DynamicModel> {
  const layers = [new DynamicDense({ units: 4 }), new DynamicDense({ units: 2 })];
  return DynamicModel.create({ input: [8], layers, seed: 3 });
}

describe('features of the rows that a model no longer reads', () => {
  beforeAll(() => init({ numerics: 'portable', threads: 1 }));
  afterAll(shutdown);

  it('go and come back by hand, undone to the bit where a try fails', async () => {
    using model = await small();
    using data = await Dataset.from(rows(50, 0));
    const before = await model.predict(data);
    const saved = await model.save();
    const { tensors } = await model.getState();
    const tried = await model.tryChange({ type: 'dropInput', input: 0, constant: 1e6 }, data, { weightPenalty: 0 });
    expect(tried).toMatchObject({ kind: 'dropInput', verdict: 'undone' });
    expect((await model.getState()).tensors).toEqual(tensors);
    expect((await model.predict(data)).data).toEqual(before.data);
    await model.restore(saved);
    const report = await model.dropInput({ input: 5, constant: 0.25 });
    expect(report).toMatchObject({ inputs: 7, weightCount: 46 - 4 });
    expect(await model.summary()).toContain('inputs: 7 of 8 features of the rows in use');
    const constant = rows(50, 0);
    const x = constant.x as Float32Array;
    for (let row = 0; row < 50; row++) x[8 * row + 5] = 0.25;
    await model.restore(saved);
    const expected = await model.predict(constant);
    await model.dropInput({ input: 5, constant: 0.25 });
    const found = await model.predict(data);
    found.data.forEach((value, i) => expect(value).toBeCloseTo(expected.data[i]!, 5));
    expect((await model.getState()).tensors['layers.0.weight']!.shape).toEqual([8, 4]);
    await expect(model.dropInput({ input: 5 })).rejects.toMatchObject({ code: 'STRUCTURE', message: /input 5 is not in use/ });
    await expect(model.dropInput({ input: 8 })).rejects.toMatchObject({ code: 'INDEX', message: /8 features: 0 to 7/ });
    expect(await model.restoreInput({ input: 5 })).toMatchObject({ inputs: 8, weightCount: 46 });
    expect((await model.predict(data)).data).toEqual(found.data);
    expect((await model.events()).map(({ kind }) => kind)).toContain('restoreInput');
  });

  it('go in a fit where they say nothing; files and predictions take whole rows', async () => {
    using model = await small();
    const [train, valid] = [rows(400, 0), rows(200, 7777)];
    const history = await model.fit(train, {
      epochs: 60,
      batchSize: 20,
      validationData: valid,
      optimizer: adamw({ learningRate: 1e-2 }),
      growth: { method: 'auto', inputs: true },
    });
    const { inputs, weightCount } = await model.structure();
    expect(inputs).toBeLessThan(8);
    expect(history.events.some(({ kind, verdict }) => kind === 'dropInput' && verdict === 'kept')).toBe(true);
    const { accuracy } = await model.evaluate(valid);
    expect(accuracy).toBeGreaterThan(0.9);
    const { config } = await model.getState();
    expect(config.input).toEqual([8]);
    expect(config.usedInputs).toHaveLength(inputs);
    using loaded = await DynamicModel.load(await model.save());
    expect((await loaded.predict(valid)).data).toEqual((await model.predict(valid)).data);
    expect((await loaded.structure()).weightCount).toBe(weightCount);
  });

  it('can be left out from the start', async () => {
    const layers = [new DynamicDense({ units: 4 }), new DynamicDense({ units: 2 })];
    using model = await DynamicModel.create({ input: [8], usedInputs: [0, 1], layers });
    expect(await model.structure()).toMatchObject({ inputs: 2, weightCount: 22 });
    await expect(DynamicModel.create({ input: [8], usedInputs: [1, 0], layers })).rejects.toMatchObject({ code: 'OPTION', message: /must ascend/ });
    await expect(DynamicModel.create({ input: [8, 8, 1], usedInputs: [1], layers })).rejects.toMatchObject({ code: 'OPTION' });
  });
});
