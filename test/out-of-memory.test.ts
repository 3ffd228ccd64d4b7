/** What does not fit is refused with `OUT_OF_MEMORY`; the engine and everything in it live on. */
import { Dataset, Dense, DynamicConv2D, DynamicDense, DynamicModel, engineInfo, shutdown, type ErrorCode } from 'cambium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError, noise, sameBytes, start, variants } from './support/engine.ts';

const MAX_MEMORY = 2 ** 26;
/** Weights of a layer of 400 features take 6.4 MB with their gradients and moments, and as much again in a copy. */
const INPUTS = 1000;

describe.each(variants)('in the module $module with 64 MiB', (options) => {
  let model: DynamicModel;

  beforeAll(async () => {
    await start({ ...options, maxMemory: MAX_MEMORY });
    expect(engineInfo()!.memoryBytes).toBe(MAX_MEMORY);
    const layers = [new DynamicDense({ units: 4 }), new DynamicDense({ units: 3 })];
    model = await DynamicModel.create({ input: [INPUTS], layers, seed: 1 });
  });
  afterAll(shutdown);

  /** `act` is refused; the model is as before, and can be trained. */
  async function survives(act: () => unknown, code: ErrorCode = 'OUT_OF_MEMORY', text = /memory|MiB|bytes/i): Promise<void> {
    const before = await model.save();
    await expectError(act, code, text);
    expect(sameBytes(await model.save(), before)).toBe(true);
    await model.fit({ x: noise(10 * INPUTS), shape: [INPUTS], y: new Uint8Array(10), classes: 3 });
  }

  it('refuses a model of a billion weights', () =>
    survives(() => DynamicModel.create({ input: [32768], layers: [new Dense({ units: 32768 }), new Dense({ units: 2 })] })));

  it('refuses a model of more weights than can be counted', () =>
    survives(
      () => DynamicModel.create({ input: [4e9], layers: [new Dense({ units: 4e9 }), new Dense({ units: 4e9 })] }),
      'OPTION',
      /4000000000 features is too large; 67108864 is the most/,
    ));

  it('refuses to save, to list rows and to lay out windows where there is no room for it', async () => {
    const layers = [new DynamicDense({ units: 1700 }), new DynamicDense({ units: 400 })];
    using wide = await DynamicModel.create({ input: [INPUTS], layers });
    await survives(() => wide.save());
    await survives(() => wide.addLayer({ axis: 0 }));
    await wide.dispose();
    using narrow = await DynamicModel.create({ input: [1], layers: [new DynamicDense({ units: 1 })] });
    await survives(() => narrow.predict({ x: new Uint8Array(14e6), shape: [1] }));
    await survives(() => DynamicModel.create({ input: [2000, 2000, 1], layers: [new DynamicConv2D({ filters: 1 })] }));
  });

  it('refuses a data set that is too large', () =>
    survives(() => model.predict({ x: new Uint8Array(100 * 1000 * INPUTS), shape: [INPUTS] })));

  it('refuses a file that is too large', async () => {
    const spec = { input: [INPUTS], layers: [new Dense({ units: 2000 }), new Dense({ units: 2000 })] };
    await survives(() => DynamicModel.create(spec));
  });

  it('grows until there is no more room, and lives on', async () => {
    using wide = await DynamicModel.create({ input: [INPUTS], layers: [new DynamicDense({ units: 500 }), new DynamicDense({ units: 500 }), new DynamicDense({ units: 2 })] });
    let added = 0;
    await expectError(async () => {
      for (; added < 5000; added++) await wide.expand({ axis: added % 2 });
    }, 'OUT_OF_MEMORY', /memory|MiB|bytes/i);
    expect(await wide.widths()).toEqual([500 + Math.ceil(added / 2), 500 + Math.floor(added / 2)]);
    const { data } = await wide.predict(await Dataset.from({ x: noise(INPUTS), shape: [INPUTS] }));
    expect([...data].every((value) => Number.isFinite(value))).toBe(true);
  });

  it('ends a fit that grows until there is no more room, with the model as far as it came', async () => {
    const layers = [new DynamicDense({ units: 500 }), new DynamicDense({ units: 500 }), new DynamicDense({ units: 3 })];
    using wide = await DynamicModel.create({ input: [INPUTS], layers, seed: 2 });
    using data = await Dataset.from({ x: noise(10 * INPUTS), shape: [INPUTS], y: new Uint8Array(10), classes: 3 });
    const growth = { method: 'pruneExpand', every: 1, prune: 0 } as const;
    const run = wide.fit(data, { epochs: 2000, batchSize: 5, growth });
    await expectError(() => run, 'OUT_OF_MEMORY', /memory|MiB|bytes/i);
    expect(run.history.epochs.length).toBeGreaterThan(0);
    const { step, axes, weightCount } = await wide.structure();
    expect(step).toBeGreaterThanOrEqual(run.history.steps);
    const [a, b] = axes.map((axis) => axis.width) as [number, number];
    expect(weightCount).toBe((INPUTS + 1) * a + (a + 1) * b + (b + 1) * 3);
    expect(step).toBeGreaterThan(0);
    expect((await wide.evaluate(data)).loss).toSatisfy(Number.isFinite);
    expect((await model.fit({ x: noise(10 * INPUTS), shape: [INPUTS], y: new Uint8Array(10), classes: 3 })).steps).toBe(1);
  });

  it('refuses to evaluate or predict what leaves no room for the activations', async () => {
    using wide = await DynamicModel.create({ input: [1], layers: [new Dense({ units: 2000 }), new Dense({ units: 1000 })] });
    await expectError(() => wide.predict({ x: new Uint8Array(20_000), shape: [1] }), 'OUT_OF_MEMORY', /memory|MiB|bytes/i);
    expect((await wide.predict({ x: new Uint8Array(2), shape: [1] })).shape).toEqual([2, 1000]);
  });
});
