import { adam, cosine, Dataset, Dense, DynamicModel, EarlyStopping, init, shutdown, type FitRun } from 'cambium';
import { afterAll, describe, expect, it } from 'vitest';
import { errorOf, noise, quadrants, smallModel } from './tasks.ts';

afterAll(() => shutdown());

const grow = { method: 'stochastic', every: 3 } as const;

describe('fit', () => {
  it('learns and reports every epoch', async () => {
    const [train, valid] = (await quadrants(300)).split([0.8, 0.2]);
    using model = await smallModel();
    const history = await model.fit(train, {
      epochs: 60,
      batchSize: 32,
      optimizer: adam({ learningRate: 0.02 }),
      validationData: valid,
    });
    expect(history.epochs.map((epoch) => epoch.epoch)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expect(history.steps).toBe(60 * 8);
    expect(history.series('loss').at(-1)).toBeLessThan(0.5 * history.series('loss')[0]!);
    expect(history.series('valAccuracy').at(-1)).toBeGreaterThan(0.85);
    expect((await model.evaluate(valid)).loss).toBeCloseTo(history.series('valLoss').at(-1)!, 6);
    expect(history.best!.valLoss).toBe(Math.min(...history.series('valLoss')));
    expect(history.events).toEqual([]);
  });

  it('calls hooks in order, and waits for them', async () => {
    using data = await quadrants(60);
    using model = await smallModel();
    const calls: string[] = [];
    const later = (name: string) => async () => {
      await Promise.resolve();
      calls.push(name);
    };
    await model.fit(data, {
      epochs: 2,
      batchSize: 30,
      growth: { method: 'pruneExpand', every: 2 },
      callbacks: [{ onTrainBegin: later('begin'), onTrainEnd: later('end') }],
      onBatchEnd: ({ step }) => calls.push(`step ${step}`),
      onEvent: (event) => calls.push(event.kind),
      onEpochEnd: later('epoch'),
    });
    expect(calls).toEqual(['begin', 'step 1', 'add', 'step 2', 'epoch', 'step 3', 'add', 'step 4', 'epoch', 'end']);
  });

  it('gives the same bits at any number of threads', async () => {
    const states: Uint8Array[] = [];
    for (const threads of [1, 2, 3]) {
      await init({ numerics: 'portable', threads });
      using data = await quadrants(200);
      using model = await smallModel();
      await model.fit(data, { epochs: 4, batchSize: 50, growth: grow, validationSplit: 0.2 });
      states.push(await model.save());
    }
    expect(states[1]).toEqual(states[0]);
    expect(states[2]).toEqual(states[0]);
    await init();
  });

  it('ends with ABORTED when its signal fires, and leaves a usable model', async () => {
    using data = await quadrants(200);
    using model = await smallModel();
    const stop = new AbortController();
    const error = await errorOf(
      model.fit(data, {
        epochs: 1000,
        signal: stop.signal,
        onEpochEnd: ({ epoch }) => epoch === 2 && stop.abort('enough'),
      }),
    );
    expect(error).toMatchObject({ code: 'ABORTED', cause: 'enough' });
    expect(error.message).toMatch(/after 6 steps \(3 of 1000 epochs\)/);
    const before = await model.save();
    expect(await errorOf(model.fit(data, { signal: stop.signal }))).toMatchObject({ code: 'ABORTED' });
    expect(await model.save()).toEqual(before);
    expect((await model.fit(data, { epochs: 2 })).epochs).toHaveLength(2);
  });

  it('ends with the error of a hook, and leaves a usable model', async () => {
    using data = await quadrants(50);
    using model = await smallModel();
    const failing = () => {
      throw new RangeError('mine');
    };
    await expect(model.fit(data, { epochs: 5, onEpochEnd: failing })).rejects.toThrow('mine');
    expect((await model.fit(data)).epochs).toHaveLength(1);
  });

  it('runs once at a time', async () => {
    using data = await quadrants(50);
    using model = await smallModel();
    const first = model.fit(data, { epochs: 3 });
    expect(await errorOf(model.fit(data))).toMatchObject({ code: 'BUSY' });
    expect(await errorOf(model.restore(new Uint8Array(8)))).toMatchObject({ code: 'BUSY' });
    expect((await model.predict(data)).shape).toEqual([50, 4]);
    expect((await first).epochs).toHaveLength(3);
  });

  it('runs once at a time, also when the hook at its end begins the next', async () => {
    using data = await quadrants(50);
    using model = await smallModel();
    let next: FitRun | undefined;
    await model.fit(data, { onTrainEnd: () => void (next = model.fit(data, { epochs: 1e6 })) });
    expect(await errorOf(model.fit(data))).toMatchObject({ code: 'BUSY' });
    next!.stop();
    await next;
    expect((await model.fit(data)).steps).toBe(1);
  });

  it('stops cleanly when the model is disposed', async () => {
    using data = await quadrants(50);
    const model = await smallModel();
    expect(await errorOf(model.fit(data, { epochs: 50, onEpochEnd: () => model.dispose() }))).toMatchObject({
      code: 'DISPOSED',
    });
  });

  it('changes the learning rate by its schedule', async () => {
    using data = await quadrants(100);
    using model = await smallModel({ optimizer: adam({ schedule: cosine() }) });
    const { epochs } = await model.fit(data, { epochs: 4, batchSize: 50 });
    const rates = epochs.map((epoch) => epoch.learningRate);
    expect(rates).toEqual([...rates].sort((a, b) => b - a));
    expect(rates[3]).toBeLessThan(0.3 * rates[0]!);
  });

  it('stops at a loss that is not finite, with the last good weights', async () => {
    using data = await Dataset.from({
      x: noise(100).map((v) => v * 1e25),
      shape: [2],
      y: noise(50),
    });
    using model = await DynamicModel.create({ input: [2], layers: [new Dense({ units: 1 })] });
    expect(await errorOf(model.fit(data, { epochs: 3 }))).toMatchObject({ code: 'NOT_FINITE' });
    expect((await model.predict([[1, 1]])).data[0]).toSatisfy(Number.isFinite);
  });

  it('takes a custom loss', async () => {
    using data = await Dataset.from({ x: noise(200), shape: [2], y: noise(200), targets: 'values' });
    using own = await smallModel({ layers: [new Dense({ units: 2 })] });
    using built = await smallModel({ layers: [new Dense({ units: 2 })] });
    const loss = (logits: Float32Array, targets: Uint32Array | Float32Array | undefined) => {
      const d = logits.map((z, i) => z - targets![i]!);
      return { loss: d.reduce((sum, v) => sum + (v * v) / d.length, 0), gradient: d.map((v) => (2 * v) / d.length) };
    };
    const options = { epochs: 3, batchSize: 40, shuffle: false, validationData: data };
    const [a, b] = [await own.fit(data, { ...options, loss }), await built.fit(data, options)];
    a.series('loss').forEach((value, i) => expect(value).toBeCloseTo(b.series('loss')[i]!, 5));
    a.series('valLoss').forEach((value, i) => expect(value).toBeCloseTo(b.series('valLoss')[i]!, 5));
    expect([a.steps, a.epochs.length]).toEqual([9, 3]);
  });

  it.each<[object, string, RegExp]>([
    [{ epoch: 3 }, 'OPTION', /fit: unknown option 'epoch'; known are batchSize, epochs/],
    [{ epochs: 0 }, 'OPTION', /epochs must be an integer at least 1, not 0/],
    [{ batchSize: 51 }, 'OPTION', /batchSize must be an integer from 1 to 50, not 51/],
    [{ batchSize: 1.5 }, 'OPTION', /batchSize/],
    [{ validationSplit: 1 }, 'OPTION', /validationSplit must be a finite number above 0 and below 1, not 1/],
    [{ growth: 'price' }, 'OPTION', /growth is 'price'; use 'auto', or an object such as \{ method: 'price' \}/],
    [{ growth: { method: 'grow' } }, 'OPTION', /growth.method must be one of 'auto', 'price', 'budget', 'stochastic', .*, not 'grow'/],
    [{ growth: { method: 'stochastic', penalty: 1 } }, 'OPTION', /fit growth: unknown option 'penalty'/],
    [{ growth: { method: 'stochastic', every: 0 } }, 'OPTION', /growth.every/],
    [{ growth: { method: 'stochastic', scoring: 'validation' } }, 'OPTION', /needs validationData or validationSplit/],
    [{ growth: { method: 'pruneExpand', weightPenalty: 0.1 } }, 'OPTION', /growth.weightPenalty is for 'stochastic'; 'pruneExpand' has no use for it/],
    [{ growth: { method: 'pruneExpand', scoringRows: 9 } }, 'OPTION', /growth.scoringRows is for 'auto', 'price', 'budget', 'stochastic', 'gradMax', 'tiny', 'split', 'cascade'; 'pruneExpand'/],
    [{ growth: { method: 'stochastic', weights: 90 } }, 'OPTION', /growth.weights is for 'budget', 'gradMax', 'tiny', 'split', 'cascade'; 'stochastic' has no use for it/],
    [{ growth: { method: 'budget' } }, 'OPTION', /growth.weights is missing/],
    [{ growth: { method: 'budget', weights: 90, prune: 0.1 } }, 'OPTION', /growth.prune is for 'stochastic', 'pruneExpand'/],
    [{ growth: { method: 'budget', weights: 90, scoring: 'batch' } }, 'OPTION', /growth.scoring is 'batch'; this method judges by rows of 'training'/],
    [{ growth: { method: 'budget', weights: 5 } }, 'OPTION', /growth.weights is 5; at its least widths this model has \d+ weights/],
    [{ growth: { method: 'budget', weights: 90, every: 9 } }, 'OPTION', /growth.every is 9 and growth.until 1: of \d+ steps none/],
    [{ growth: { method: 'budget', weights: 90, scoringRows: 51 } }, 'OPTION', /growth.scoringRows is 51, but the training data has only 50 rows/],
    [{ growth: { method: 'price', price: -1 } }, 'OPTION', /growth.price .*-1/],
    [{ growth: { method: 'auto', every: 1000 } }, 'OPTION', /growth\.every is 1000 and growth\.until 1: of \d+ steps none with an event comes/],
    [{ growth: { method: 'auto', price: 0.1 } }, 'OPTION', /growth.price is for 'price'; 'auto' has no use for it/],
    [{ growth: { method: 'auto', inputs: 1 } }, 'OPTION', /growth.inputs/],
    [{ growth: { method: 'tiny' } }, 'OPTION', /growth.weights is missing/],
    [{ growth: grow, loss: () => ({}) }, 'OPTION', /growth is not possible in a fit with a custom loss/],
    [{ loss: { type: 'huber' } }, 'OPTION', /loss in fit must be a function/],
    [{ callbacks: {} }, 'OPTION', /callbacks must be an array/],
    [{ onEpochEnd: 3 }, 'OPTION', /onEpochEnd must be a function, not 3/],
    [{ signal: {} }, 'OPTION', /signal must be an AbortSignal/],
    [{ validationData: { x: [[1, 2, 3]], y: [0] } }, 'SHAPE', /3/],
    [
      { callbacks: [new EarlyStopping({ monitor: 'valLoss' })] },
      'OPTION',
      /'valLoss' was not measured.*needs? validationData/,
    ],
  ])('rejects %o', async (options, code, message) => {
    using data = await quadrants(50);
    using model = await smallModel();
    const error = await errorOf(model.fit(data, options));
    expect(error.message).toMatch(message);
    expect(error.code).toBe(code);
    expect((await model.fit(data)).epochs).toHaveLength(1);
  });
});
