/** Steps and fits with a loss from JavaScript. */
import { adam, Dataset, Dense, DynamicModel, init, sgd, shutdown, type CustomLoss, type FitContext } from 'cambium';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRefusal, noise, quadrants, smallModel } from './tasks.ts';

afterAll(() => shutdown());

const squares: CustomLoss = (logits) => ({
  loss: logits.reduce((sum, z) => sum + (z * z) / logits.length, 0),
  gradient: logits.map((z) => (2 * z) / logits.length),
});

describe('a step', () => {
  it.each(['worker', 'inline'] as const)('is one whole whatever is called meanwhile (%s)', async (host) => {
    await init({ host, threads: 1 });
    using data = await quadrants(30);
    using other = await quadrants(7, 5);
    using together = await smallModel();
    using apart = await smallModel();
    const calls: ((model: DynamicModel) => Promise<unknown>)[] = [
      (model) => model.trainOnBatch(data, { loss: squares }),
      (model) => model.predict(other),
      (model) => model.trainOnBatch(other, { loss: squares }),
      (model) => model.evaluate(data, { loss: squares }),
      (model) => model.trainOnBatch(data, { loss: squares }),
      (model) => model.stochasticAddFeature(data),
      (model) => model.trainOnBatch(data),
      (model) => model.trainOnBatch(other, { loss: squares }),
    ];
    // Uploaded beforehand, so that the calls reach the model in their order.
    for (const rows of [data, other]) await together.predict(rows);
    const expected: unknown[] = [];
    for (const call of calls) expected.push(await call(apart));
    expect(await Promise.all(calls.map((call) => call(together)))).toEqual(expected);
    expect(await together.save()).toEqual(await apart.save());
    await init({});
  });

  it('goes between the steps of a fit', async () => {
    using data = await quadrants(200);
    using model = await smallModel();
    const [history] = await Promise.all([
      model.fit(data, { epochs: 20, batchSize: 10 }),
      ...Array.from({ length: 10 }, () => model.trainOnBatch(data, { loss: squares })),
    ]);
    expect(history.steps).toBeGreaterThanOrEqual(400);
    expect((await model.structure()).step).toBe(410);
  });

  it('ends before dispose takes effect', async () => {
    using data = await quadrants(30);
    const model = await smallModel();
    const pending = [model.trainOnBatch(data, { loss: squares }), model.predict(data), model.save()];
    model.dispose();
    expect(await Promise.all(pending)).toHaveLength(3);
    await expectRefusal(() => model.save(), 'DISPOSED', /disposed/);
  });

  it('fails alone', async () => {
    using data = await quadrants(30);
    using model = await smallModel();
    const bad = () => {
      throw new RangeError('mine');
    };
    const [failed, good] = await Promise.allSettled([
      model.trainOnBatch(data, { loss: bad }),
      model.trainOnBatch(data, { loss: squares }),
    ]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'mine' } });
    expect(good.status).toBe('fulfilled');
    expect((await model.structure()).step).toBe(1);
  });
});

describe('a fit', () => {
  it('goes back to the start of the epoch whose loss is not finite', async () => {
    using data = await Dataset.from({ x: noise(80), shape: [2] });
    using model = await DynamicModel.create({ input: [2], layers: [new Dense({ units: 2 })], seed: 1 });
    const starts = [(await model.getState()).tensors];
    const onEpochEnd = async (_: unknown, context: FitContext) =>
      void starts.push((await context.model.getState()).tensors);
    const optimizer = sgd({ learningRate: 1e3 });
    const options = { epochs: 50, batchSize: 10, loss: squares, optimizer, onEpochEnd };
    await expectRefusal(() => model.fit(data, options), 'NOT_FINITE', /not finite.*start of this epoch.*smaller learning rate/);
    expect(starts.length).toBeGreaterThan(1);
    const { tensors, config } = await model.getState();
    expect(tensors).toEqual(starts.at(-1));
    expect(config.optimizer).toMatchObject({ learningRate: 1e3 });
    expect((await model.predict([[1, 1]])).data.every(Number.isFinite)).toBe(true);
    await model.setState({ ...(await model.getState()), tensors: starts[0]! });
    await model.fit(data, { loss: squares, optimizer: adam() });
  });

  it('goes back too where weights overflow with a finite loss', async () => {
    using data = await Dataset.from({ x: noise(80), shape: [2] });
    using model = await DynamicModel.create({ input: [2], layers: [new Dense({ units: 2 })], optimizer: sgd({ learningRate: 1e6 }) });
    const { tensors } = await model.getState();
    const steep: CustomLoss = (logits) => ({ loss: 1, gradient: logits.map(() => 3e38) });
    await expectRefusal(() => model.fit(data, { loss: steep }), 'NOT_FINITE', /not finite.*start of this epoch/);
    expect((await model.getState()).tensors).toEqual(tensors);
  });

  it('keeps the weights reached where the loss or a callback throws', async () => {
    using data = await quadrants(40);
    using model = await smallModel();
    const failing = () => {
      throw new RangeError('mine');
    };
    const options = { epochs: 3, batchSize: 10, loss: squares };
    await expect(model.fit(data, { ...options, onEpochEnd: failing })).rejects.toThrow('mine');
    expect((await model.structure()).step).toBe(4);
    let calls = 0;
    const third: CustomLoss = (...args) => (++calls === 3 ? failing() : squares(...args));
    await expect(model.fit(data, { ...options, loss: third })).rejects.toThrow('mine');
    expect((await model.structure()).step).toBe(6);
  });
});
