import { BatchNorm, Conv2D, Dataset, Dense, DynamicConv2DToDense, DynamicDense, DynamicModel, Flatten, LayerNorm, meanSquaredError, Residual, shutdown } from 'cambium';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRefusal, noise, quadrants, smallModel } from './tasks.ts';

afterAll(() => shutdown());

/** The rows of `x`, of `width` numbers each, with `more` numbers at the end of each. */
function longer(x: ArrayLike<number>, width: number, more: number): Float32Array {
  const rows = x.length / width;
  const extra = noise(rows * more, 9);
  return Float32Array.from({ length: rows * (width + more) }, (_, i) => {
    const [row, k] = [Math.floor(i / (width + more)), i % (width + more)];
    return k < width ? x[row * width + k]! : extra[row * more + k - width]!;
  });
}

describe('addInputs', () => {
  it('changes no prediction, and the new columns are learnt from', async () => {
    using data = await quadrants();
    using model = await smallModel();
    await model.fit(data, { epochs: 3, batchSize: 20 });
    const before = await model.predict(data);
    const weights = await model.weightCount();
    expect(await model.addInputs(2)).toMatchObject({ weightCount: weights + 8, layers: 3 });
    expect(model.inputShape).toEqual([4]);
    await expectRefusal(() => model.predict(data), 'SHAPE', /rows have shape \[2\], but the model reads \[4\]/);
    using wider = await Dataset.from({ x: longer(data.x, 2, 2), shape: [4], y: data.y!, classes: 4 });
    expect((await model.predict(wider)).data).toEqual(before.data);
    expect((await model.predict([[1, 2, 3, 4]])).shape).toEqual([1, 4]);
    const state = await model.getState();
    expect(state.config.input).toEqual([4]);
    expect([...state.tensors['layers.0.weight']!.data.slice(8)]).toEqual(Array(8).fill(0));
    const { step } = await model.structure();
    expect([...state.tensors['optimizer.layers.0.weight.birth']!.data.slice(1, 5)]).toEqual([0, 0, step, step]);
    await model.fit(wider, { epochs: 2, batchSize: 20, growth: { method: 'stochastic', every: 2 } });
    const { tensors } = await model.getState();
    expect(tensors['layers.0.weight']!.data.slice(-8).every((value) => value !== 0)).toBe(true);
    using loaded = await DynamicModel.load(await model.save());
    expect(loaded.inputShape).toEqual([4]);
    expect((await loaded.predict(wider)).data).toEqual((await model.predict(wider)).data);
  });

  it('adds channels to images', async () => {
    using model = await DynamicModel.create({ input: [5, 4, 2], layers: [new Conv2D({ filters: 3 }), new DynamicConv2DToDense({ units: 2 })], seed: 1 });
    const x = noise(6 * 40);
    const before = await model.predict(x);
    await model.addInputs();
    expect(model.inputShape).toEqual([5, 4, 3]);
    expect((await model.predict(longer(x, 2, 1))).data).toEqual(before.data);
    using flat = await DynamicModel.create({ input: [5, 4, 2], layers: [new Flatten(), new Dense({ units: 2 })], seed: 1 });
    const outputs = await flat.predict(x);
    await flat.addInputs(3);
    expect((await flat.predict(longer(x, 2, 3))).data).toEqual(outputs.data);
  });
});

describe('addOutputs', () => {
  it('takes classes that come later, and leaves the logits of the others', async () => {
    using data = await quadrants();
    using model = await smallModel();
    await model.fit(data, { epochs: 30, batchSize: 20 });
    const before = await model.predict(data, { logits: true });
    using more = await Dataset.from({ x: data.x, shape: [2], y: data.y!.map((label, i) => (data.x[2 * i]! > 0.6 ? 4 : label)), classes: 5 });
    await expectRefusal(() => model.fit(more), 'SHAPE', /labels of 5 classes .* the model has 4; addOutputs gives it more/);
    await model.addOutputs();
    const after = await model.predict(data, { logits: true });
    expect(after.shape).toEqual([120, 5]);
    for (let row = 0; row < 120; row++) expect([...after.data.slice(5 * row, 5 * row + 5)]).toEqual([...before.data.slice(4 * row, 4 * row + 4), 0]);
    const { accuracy } = await model.evaluate(more);
    await model.fit(more, { epochs: 60, batchSize: 20, growth: { method: 'stochastic', every: 5 } });
    expect((await model.evaluate(more)).accuracy).toBeGreaterThan(accuracy! + 0.05);
    const labels = (await model.predict(more)).labels();
    expect(labels).toContain(4);
  });

  it('takes more values, in layers of fixed width too', async () => {
    using model = await DynamicModel.create({ input: [3], layers: [new DynamicDense({ units: 4 }), new Dense({ units: 2 })], loss: meanSquaredError(), seed: 2 });
    const x = [[1, 2, 3], [3, 2, 1]];
    const { data } = await model.predict(x);
    await model.addOutputs(2);
    expect([...(await model.predict(x)).data]).toEqual([data[0], data[1], 0, 0, data[2], data[3], 0, 0]);
    await model.trainOnBatch({ x, y: [[1, 2, 3, 4], [4, 3, 2, 1]] });
    expect((await model.summary()).split('\n').join()).toContain('4');
  });
});

describe('both', () => {
  it('are decisions that the model remembers', async () => {
    using model = await smallModel();
    await model.addOutputs(3);
    await model.addInputs(2);
    using loaded = await DynamicModel.load(await model.save());
    expect(await loaded.events()).toMatchObject([
      { kind: 'addOutputs', verdict: 'kept', index: 4, width: 7, reason: 'made without a test' },
      { kind: 'addInputs', verdict: 'kept', index: 2, width: 4 },
    ]);
  });

  it('work with norms and sums of layers, and refuse what would change the present outputs', async () => {
    const layers = [new BatchNorm(), new DynamicDense({ units: 4 }), new Residual({ layers: [new DynamicDense({ units: 4 })] }), new DynamicDense({ units: 2 })];
    using model = await DynamicModel.create({ input: [3], layers, seed: 4 });
    const x = noise(30);
    const before = await model.predict(x);
    await model.addInputs(2);
    expect((await model.predict(longer(x, 3, 2))).data).toEqual(before.data);
    await model.addOutputs(1);
    const after = await model.predict(longer(x, 3, 2));
    for (let row = 0; row < 10; row++) expect([...after.data.slice(3 * row, 3 * row + 3)]).toEqual([...before.data.slice(2 * row, 2 * row + 2), 0]);
    using normed = await DynamicModel.create({ input: [3], layers: [new LayerNorm(), new Dense({ units: 2 })] });
    await expectRefusal(() => normed.addInputs(), 'STRUCTURE', /layer 0 normalises over these features/);
    expect(normed.inputShape).toEqual([3]);
  });

  it('refuse what cannot be, and wait for the end of a fit', async () => {
    using data = await quadrants();
    using model = await smallModel();
    const before = await model.save();
    for (const count of [0, -1, 1.5, NaN, '2', 2 ** 40] as number[]) {
      await expectRefusal(() => model.addInputs(count), 'OPTION', /addInputs count must be an integer/);
      await expectRefusal(() => model.addOutputs(count), 'OPTION', /addOutputs count must be an integer/);
    }
    await expectRefusal(() => model.addOutputs(2 ** 28), 'OPTION', /too large/);
    expect(model.inputShape).toEqual([2]);
    expect(await model.save()).toEqual(before);
    await model.fit(data, {
      onEpochEnd: async () => {
        await expectRefusal(() => model.addInputs(), 'BUSY', /addInputs has to wait/);
        await expectRefusal(() => model.addOutputs(), 'BUSY', /addOutputs has to wait/);
      },
    });
    await model.addOutputs();
    model.dispose();
    await expectRefusal(() => model.addOutputs(), 'DISPOSED', /disposed/);
  });
});
