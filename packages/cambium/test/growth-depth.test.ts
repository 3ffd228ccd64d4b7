import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adam, cosine, Dataset, DynamicDense, DynamicModel, init, shutdown, type GrowthEvent } from 'cambium';
import { expectRefusal, noise } from './tasks.ts';

/** Two arms that wind around each other one and a half times. */
function spirals(rows: number, seed: number): Promise<Dataset> {
  const y = Array.from({ length: rows }, (_, row) => row % 2);
  const x = new Float32Array(2 * rows);
  noise(rows, seed).forEach((number, row) => {
    const radius = Math.sqrt(Math.abs(number));
    const angle = (3 * radius + y[row]!) * Math.PI;
    x.set([2 * radius * Math.cos(angle), 2 * radius * Math.sin(angle)], 2 * row);
  });
  return Dataset.from({ x, shape: [2], y, classes: 2 });
}

function flat(activation: 'relu' | 'tanh' = 'relu'): Promise<DynamicModel> {
  return DynamicModel.create({ input: [2], layers: [new DynamicDense({ units: 6, activation }), new DynamicDense({ units: 2 })], seed: 4 });
}

describe('growth with depth', () => {
  let train: Dataset;
  let valid: Dataset;
  beforeAll(async () => {
    await init({ numerics: 'portable' });
    [train, valid] = await Promise.all([spirals(600, 1), spirals(600, 2)]);
  });
  afterAll(shutdown);

  async function fit(model: DynamicModel, depth: boolean): Promise<{ loss: number; events: GrowthEvent[]; layers: number }> {
    const optimizer = adam({ learningRate: 3e-3, schedule: cosine({ start: 0.5, floor: 0.02 }) });
    const { events } = await model.fit(train, { epochs: 180, batchSize: 32, validationData: valid, optimizer, growth: { method: 'auto', depth } });
    const { loss } = await model.evaluate(valid);
    return { loss, events, layers: (await model.structure()).layers.length };
  }

  it('layers come where widths are not enough, and saved models know of them', async () => {
    using wide = await flat();
    using deep = await flat();
    const without = await fit(wide, false);
    const { loss, events, layers } = await fit(deep, true);
    expect(without.layers).toBe(2);
    expect(loss).toBeLessThan(without.loss / 2);
    const decisions = (kind: string): GrowthEvent[] => events.filter((event) => event.kind === kind && event.verdict === 'kept');
    expect(layers).toBe(2 + decisions('addLayer').length - decisions('removeLayer').length);
    expect(layers).toBeGreaterThan(2);
    expect(events.every(({ reason }) => reason.length > 0)).toBe(true);
    using again = await DynamicModel.load(await deep.save());
    expect(await again.events()).toEqual(events);
    expect((await again.evaluate(valid)).loss).toBe(loss);
  });

  it('is refused where it means nothing', async () => {
    using model = await flat();
    const growth = { method: 'budget', weights: 100, depth: true } as const;
    await expectRefusal(() => model.fit(train, { epochs: 9, growth }), 'OPTION', /growth\.depth is for 'auto', 'price'; 'budget' has no use for it/);
    using smooth = await flat('tanh');
    await expectRefusal(
      () => smooth.fit(train, { epochs: 9, growth: { method: 'auto', depth: true } }),
      'OPTION',
      /no layer can come or go: behind layer 0, which has no ReLU/,
    );
  });
});
