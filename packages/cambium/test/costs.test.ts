import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  adam,
  BatchNorm,
  Conv2D,
  Dataset,
  Dense,
  DynamicConv2D,
  DynamicConv2DToDense,
  DynamicDense,
  DynamicModel,
  Flatten,
  GlobalAveragePooling2D,
  init,
  Residual,
  shutdown,
  type GrowthOptions,
  type History,
} from 'cambium';

/** Images of 8 x 8 with stripes down, across or both, under noise. */
async function images(rows: number): Promise<Dataset> {
  const noise = (i: number): number => Math.sin(i * 12.9898 + ((i * i) % 97));
  const x = Float32Array.from({ length: 64 * rows }, (_, i) => {
    const [column, line] = [i % 8, Math.floor(i / 8) % 8];
    return 0.6 * (-1) ** [column, line, column + line][Math.floor(i / 64) % 3]! + noise(i);
  });
  return Dataset.from({ x, y: Int32Array.from({ length: rows }, (_, row) => row % 3), shape: [8, 8, 1], classes: 3 });
}

/** A convolution of 8 filters, a flat layer of 6 (or so many) and one of 3: 11 x 11 links of its window to 4 x 4 places. */
async function small(units = 6): Promise<DynamicModel> {
  const layers = [new DynamicConv2D({ filters: 8 }), new GlobalAveragePooling2D(), new DynamicDense({ units }), new DynamicDense({ units: 3 })];
  return DynamicModel.create({ input: [8, 8, 1], layers, seed: 3 });
}
const work = ([filters, units]: readonly number[]): number => 121 * filters! + filters! * units! + 3 * units!;

describe('what a network costs', () => {
  let data: Dataset;
  beforeAll(async () => {
    await init({ numerics: 'portable' });
    data = await images(120);
  });
  afterAll(shutdown);

  async function fit(model: DynamicModel, growth: GrowthOptions): Promise<History> {
    return model.fit(data, { epochs: 60, batchSize: 20, optimizer: adam({ learningRate: 0.01 }), growth: { every: 5, ...growth } });
  }

  it('is counted in multiply-adds of a row', async () => {
    using model = await small();
    const { multiplyAdds, rates } = await model.structure();
    expect([multiplyAdds, rates]).toEqual([work([8, 6]), undefined]);
    const { events } = await fit(model, { method: 'budget', multiplyAdds: 1500 });
    const widths = await model.widths();
    expect((await model.structure()).multiplyAdds).toBe(work(widths));
    expect(work(widths)).toBeLessThanOrEqual(1500);
    expect(work(widths)).toBeGreaterThan(1200);
    expect(events.some(({ kind, reason }) => kind === 'remove' && /least loss for each multiply-add saved, which counts less in narrow layers; \d+ multiply-adds are allowed/.test(reason))).toBe(true);
  });

  it('is a price of multiply-adds where that is said', async () => {
    const [byWeights, byWork] = await Promise.all(
      (['weights', 'multiplyAdds'] as const).map(async (cost) => {
        // With many units most weights are theirs, and next to no multiply-adds.
        using model = await small(16);
        const history = await fit(model, { method: 'price', price: 1, cost });
        const removed = history.events.filter(({ kind, verdict }) => kind === 'remove' && verdict === 'kept');
        expect(removed.length).toBeGreaterThan(0);
        // The price rises from zero.
        expect(removed.every(({ penalty, reason }) => penalty >= 0 && /for each multiply-add saved/.test(reason) === (cost === 'multiplyAdds'))).toBe(true);
        return model.widths();
      }),
    );
    expect(byWork![0]! / byWork![1]!).toBeLessThan(byWeights![0]! / byWeights![1]!);
  });

  it('is counted in microseconds by rates, which the model keeps', async () => {
    const rates = [0.5, 0, 2, 1.25];
    const microseconds = ([filters, units]: readonly number[]): number => (121 * filters! * 0.5 + filters! * units! * 2 + units! * 3 * 1.25) / 1000;
    const runs = await Promise.all(
      [0, 1].map(async () => {
        const model = await small();
        return { model, history: await fit(model, { method: 'budget', microseconds: 0.9, rates }) };
      }),
    );
    const [{ model, history }, other] = runs as [(typeof runs)[0], (typeof runs)[0]];
    expect(other.history).toEqual(history);
    expect(JSON.parse(JSON.stringify(history)).rates).toEqual(rates);
    expect(microseconds(await model.widths())).toBeLessThanOrEqual(0.9);
    // What goes on from a file goes on by the same rates.
    const saved = await model.save();
    using loaded = await DynamicModel.load(saved);
    expect((await loaded.getState()).config.rates).toEqual(rates);
    const growth: GrowthOptions = { method: 'auto', cost: 'microseconds' };
    const after = await fit(loaded, growth);
    expect(after.rates).toEqual(rates);
    expect(await fit(model, growth)).toEqual(after);
    expect(await loaded.save()).toEqual(await model.save());
    // So does a layer that comes by that of the one before it.
    await model.addLayer({ axis: 1 });
    expect((await model.structure()).rates).toEqual([0.5, 0, 2, 2, 1.25]);
    const { config } = await model.getState();
    using built = await DynamicModel.create(config);
    expect((await built.structure()).rates).toEqual(config.rates);
    [model, other.model].forEach((run) => run.dispose());
  });

  it('is measured once, where no rates are known', async () => {
    using model = await small();
    const growth: GrowthOptions = { method: 'auto', cost: 'microseconds' };
    const first = await fit(model, growth);
    expect(first.rates!.map((rate) => rate > 1e-3 && rate < 1e3)).toEqual([true, false, true, true]);
    expect((await model.structure()).rates).toEqual(first.rates);
    expect((await fit(model, growth)).rates).toEqual(first.rates);
  });

  it('can be measured for every kind of layer, and no bit of the model changes', async () => {
    const layers = [new DynamicConv2D({ filters: 4, strides: [1, 1] }), new BatchNorm()];
    using deep = await DynamicModel.create({
      input: [9, 7, 2],
      layers: [
        ...[new Conv2D({ filters: 4 }), new BatchNorm(), new Residual({ layers }), new DynamicConv2D({ filters: 40 })],
        ...[new DynamicConv2DToDense({ units: 5 }), new Dense({ units: 3 })],
      ],
    });
    using flat = await DynamicModel.create({
      input: [6, 6, 1],
      layers: [new DynamicConv2D({ filters: 2 }), new Flatten(), new DynamicDense({ units: 70 }), new DynamicDense({ units: 1 })],
    });
    for (const model of [deep, flat]) {
      const before = await model.save();
      const { layers } = await model.structure();
      const rates = await model.measureRates();
      const hasWork = layers.map(({ type }) => /Dense|Conv/.test(type));
      expect(rates.map((rate) => rate > 1e-3 && rate < 1e3)).toEqual(hasWork);
      expect(rates.map((rate) => rate === 0)).toEqual(hasWork.map((has) => !has));
      expect(await model.save()).toEqual(before);
    }
  });

  it('is not measured by a clock that stands still', async () => {
    using model = await small();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1000);
    try {
      await expect(model.measureRates()).rejects.toMatchObject({ code: 'OPTION', message: expect.stringMatching(/the clock stands still .* give growth\.rates/) as string });
    } finally {
      clock.mockRestore();
    }
  });

  it('is refused where it cannot be', async () => {
    const rates = [1, 0, 1, 1];
    for (const [growth, message] of [
      [{ method: 'price', cost: 'flops' }, /growth\.cost must be one of 'weights', 'multiplyAdds', 'microseconds', not 'flops'/],
      [{ method: 'stochastic', cost: 'weights' }, /growth\.cost is for 'auto', 'price'; 'stochastic' has no use/],
      [{ method: 'auto', multiplyAdds: 900 }, /growth\.multiplyAdds is for 'budget', /],
      [{ method: 'auto', rates }, /growth\.rates are for microseconds/],
      [{ method: 'auto', cost: 'microseconds', rates: 3 }, /growth\.rates must be an array of numbers, not 3/],
      [{ method: 'auto', cost: 'microseconds', rates: [1] }, /rates has 1 numbers; the model has 4 layers/],
      [{ method: 'auto', cost: 'microseconds', rates: [1, 0, 0, 1] }, /rates\[2\] is 0; use a finite number > 0/],
      [{ method: 'budget' }, /growth\.weights is missing.*or multiplyAdds or microseconds/],
      [{ method: 'budget', weights: 90, multiplyAdds: 900 }, /growth\.weights is 90 and growth\.multiplyAdds 900; give one/],
      [{ method: 'budget', multiplyAdds: 0 }, /growth\.multiplyAdds must be a finite number above 0, not 0/],
      [{ method: 'budget', multiplyAdds: 124 }, /growth\.multiplyAdds is 124; at its least widths this model has 125 multiply-adds/],
      [{ method: 'budget', microseconds: 0.1, rates }, /growth\.microseconds is 0\.1; at its least widths this model has 0\.125000 microseconds/],
      [{ method: 'split', multiplyAdds: 1000 }, /growth\.multiplyAdds is 1000; the model has 1034 multiply-adds already/],
    ] as const) {
      using model = await small();
      const before = await model.save();
      await expect(fit(model, growth as unknown as GrowthOptions)).rejects.toMatchObject({ code: 'OPTION', message: expect.stringMatching(message) as string });
      expect(await model.save()).toEqual(before);
    }
  });
});
