import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CambiumError,
  cosine,
  adam,
  Dataset,
  Dense,
  DynamicModel,
  EarlyStopping,
  init,
  ModelCheckpoint,
  shutdown,
  type Callback,
  type FitOptions,
  type FitRun,
  type GrowthEvent,
} from 'cambium';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { noise, quadrants, smallModel } from './tasks.ts';

afterAll(() => shutdown());

const grow = { method: 'stochastic', every: 3 } as const;

/** The error that `act` ends in. */
async function errorOf(act: Promise<unknown>): Promise<CambiumError> {
  const error = await act.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(CambiumError);
  return error as CambiumError;
}

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

  it('grows, and tells what it did', async () => {
    using data = await quadrants(200);
    using model = await smallModel();
    const seen: Record<string, GrowthEvent[]> = { onEvent: [], onGrow: [], onShrink: [] };
    const record = Object.fromEntries(
      Object.keys(seen).map((hook) => [hook, (event: GrowthEvent) => seen[hook]!.push(event)]),
    ) as Callback;
    const options: FitOptions = {
      epochs: 30,
      batchSize: 20,
      validationSplit: 0.25,
      growth: { ...grow, weightPenalty: 1e-6 },
      ...record,
    };
    const history = await model.fit(data, options);
    expect(seen['onEvent']).toEqual(history.events);
    expect(history.events.length).toBe(Math.floor((30 * 8) / 3));
    const kept = history.events.filter((event) => event.verdict === 'kept');
    expect([...seen['onGrow']!, ...seen['onShrink']!]).toHaveLength(kept.length);
    expect(history.added).toBe(seen['onGrow']!.length);
    const start = 4 + 3;
    expect((await model.widths()).reduce((a, b) => a + b)).toBe(start + history.added - history.removed);
    for (const event of kept) {
      const [before, after] = [
        event.lossBefore! + 1e-6 * event.weightsBefore,
        event.lossAfter! + 1e-6 * event.weightsAfter,
      ];
      expect(after).toBeLessThanOrEqual(before + 1e-9);
    }
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

  it('takes changes of structure in hooks', async () => {
    using data = await quadrants(60);
    using model = await smallModel();
    const history = await model.fit(data, {
      epochs: 4,
      onEpochEnd: async (_, context) => void (await context.model.expand({ axis: 0 })),
    });
    expect(history.epochs.map((epoch) => epoch.widths[0])).toEqual([4, 5, 6, 7]);
    expect(await model.widths()).toEqual([8, 3]);
  });

  it('warns when nothing can grow', async () => {
    using data = await quadrants(50);
    using model = await smallModel({ layers: [new Dense({ units: 3 }), new Dense({ units: 4 })] });
    const warnings: string[] = [];
    const history = await model.fit(data, { growth: grow, onWarning: (message) => warnings.push(message) });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/no axis of the model can grow \(axis 0: .*fixed width/);
    expect(history.events).toEqual([]);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await model.fit(data, { growth: grow, epochs: 2 });
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });

  it('warns when no event of growth comes', async () => {
    using data = await quadrants(50);
    using model = await smallModel();
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const events = async (every: number, until: number) =>
      (await model.fit(data, { epochs: 6, batchSize: 25, growth: { method: 'stochastic', every, until }, onWarning })).events.length;
    expect(await events(12, 1)).toBe(1);
    expect(await events(6, 0.5)).toBe(1);
    expect(warnings).toEqual([]);
    expect(await events(13, 1)).toBe(0);
    expect(await events(7, 0.5)).toBe(0);
    expect(warnings).toEqual([
      expect.stringMatching(/no event comes: the first is due before step 13, and the structure rests after 1 of the fit's 12 steps/),
      expect.stringMatching(/no event comes: the first is due before step 7, and the structure rests after 0.5 of the fit's 12 steps/),
    ]);
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
    [{ growth: { method: 'tiny' } }, 'OPTION', /growth.method must be one of 'stochastic', 'pruneExpand', not 'tiny'/],
    [{ growth: { method: 'stochastic', penalty: 1 } }, 'OPTION', /fit growth: unknown option 'penalty'/],
    [{ growth: { method: 'stochastic', every: 0 } }, 'OPTION', /growth.every/],
    [{ growth: { method: 'stochastic', scoring: 'validation' } }, 'OPTION', /needs validationData or validationSplit/],
    [{ growth: { method: 'pruneExpand', weightPenalty: 0.1 } }, 'OPTION', /growth.weightPenalty is for 'stochastic'; 'pruneExpand' makes its changes without a test/],
    [{ growth: { method: 'pruneExpand', scoringRows: 9 } }, 'OPTION', /growth.scoringRows is for 'stochastic'/],
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

describe('callbacks', () => {
  it('stop early and go back to the best epoch', async () => {
    using data = await quadrants(40);
    using valid = await quadrants(200, 5);
    using model = await smallModel();
    const early = new EarlyStopping({ patience: 3, restoreBestWeights: true, minDelta: 0.01 });
    const history = await model.fit(data, {
      epochs: 500,
      optimizer: adam({ learningRate: 0.1 }),
      validationData: valid,
      callbacks: [early],
      growth: grow,
    });
    expect(history.stopped).toMatch(/EarlyStopping: no gain on [\d.]+ in 3 epochs/);
    expect(history.epochs.length).toBeLessThan(500);
    const best = history.epochs.at(-4)!;
    expect(await model.widths()).toEqual(best.widths);
    expect((await model.evaluate(valid)).loss).toBeCloseTo(best.valLoss!, 6);
  });

  it('save the best epochs to a function or to files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cambium-checkpoint-'));
    using data = await quadrants(60);
    using model = await smallModel();
    const saved: { loss: number; bytes: Uint8Array }[] = [];
    const callbacks = [
      new ModelCheckpoint((bytes, log) => saved.push({ loss: log.loss, bytes })),
      new ModelCheckpoint(join(folder, 'epoch-{epoch}.safetensors'), { saveBestOnly: false }),
    ];
    const history = await model.fit(data, { epochs: 3, callbacks });
    expect(saved.at(-1)!.loss).toBe(Math.min(...history.series('loss')));
    using last = await DynamicModel.load(await readFile(join(folder, 'epoch-3.safetensors')));
    expect(await last.save()).toEqual(await model.save());
    const nowhere = new ModelCheckpoint(join(folder, 'none', 'x'));
    expect(await errorOf(model.fit(data, { callbacks: [nowhere] }))).toMatchObject({ code: 'LOAD_FAILED' });
    await rm(folder, { recursive: true });
  });

  it('print a line per epoch on request', async () => {
    using data = await quadrants(60);
    using model = await smallModel();
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    await model.fit(data, { epochs: 2, verbose: true });
    expect(log.mock.calls.map(([line]: unknown[]) => line)).toEqual([
      expect.stringMatching(/^epoch 1\/2 {2}loss [\d.]+ {2}accuracy [\d.]+ {2}widths 4-3 {2}weights 43$/),
      expect.stringMatching(/^epoch 2\/2/),
    ]);
    log.mockRestore();
  });

  it('refuse options that they do not know', () => {
    expect(() => new EarlyStopping({ wait: 3 } as never)).toThrow(/unknown option 'wait'/);
    expect(() => new EarlyStopping({ patience: 0 })).toThrow(/patience must be an integer at least 1/);
    expect(() => new EarlyStopping({ monitor: 'val_loss' as never })).toThrow(/monitor must be one of 'loss'/);
    expect(() => new ModelCheckpoint(3 as never)).toThrow(/needs a file path or a function/);
  });
});
