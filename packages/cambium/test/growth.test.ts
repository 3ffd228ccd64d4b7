import {
  adam,
  Dataset,
  Dense,
  DynamicConv2D,
  DynamicConv2DToDense,
  DynamicDense,
  DynamicModel,
  MaxPooling2D,
  shutdown,
} from 'cambium';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRefusal, noise, quadrants, smallModel } from './tasks.ts';

afterAll(() => shutdown());

function imageModel(): Promise<DynamicModel> {
  const layers = [
    new DynamicConv2D({ filters: 3, kernelSize: 3 }),
    new MaxPooling2D({ poolSize: 2 }),
    new DynamicConv2DToDense({ units: 5 }),
    new DynamicDense({ units: 2 }),
  ];
  return DynamicModel.create({ input: [8, 8, 1], layers, seed: 1 });
}

const images = () =>
  Dataset.from({ x: noise(10 * 64), shape: [8, 8, 1], y: Array.from({ length: 10 }, (_, i) => i % 2) });

describe('expand and contract', () => {
  it('add and remove one feature, and say where', async () => {
    using model = await smallModel();
    const before = await model.weightCount();
    const report = await model.expand({ axis: 1 });
    expect(report).toMatchObject({
      added: [{ axis: 1, index: 3, width: 4 }],
      removed: [],
      blocked: [],
      weightCount: before + 4 + 1 + 4,
    });
    expect(await model.contract({ axis: 1, index: 0 })).toMatchObject({
      removed: [{ axis: 1, index: 0, width: 3 }],
      weightCount: before,
    });
  });

  it('choose at random where nothing is said, the same for the same seed', async () => {
    const widths = async () => {
      using model = await smallModel();
      for (let i = 0; i < 10; i++) await model.expand();
      for (let i = 0; i < 4; i++) await model.contract();
      return model.widths();
    };
    const [a, b] = [await widths(), await widths()];
    expect(a).toEqual(b);
    expect(a[0]! + a[1]!).toBe(4 + 3 + 10 - 4);
  });

  it('do not change the outputs with zero outgoing weights, and undo each other to the bit', async () => {
    using model = await imageModel();
    using data = await images();
    const [before, outputs] = [await model.getState(), (await model.predict(data, { logits: true })).data];
    const outgoing = [new Float32Array(4 * 5), new Float32Array(2)];
    for (const axis of [0, 1]) await model.expand({ axis, outgoing: outgoing[axis]! });
    expect((await model.predict(data, { logits: true })).data).toEqual(outputs);
    expect(await model.widths()).toEqual([4, 6]);
    await model.contract({ axis: 0, index: 3 });
    await model.contract({ axis: 1, index: 5 });
    expect((await model.getState()).tensors).toEqual(before.tensors);
  });

  it('say what a minimum width blocked', async () => {
    using model = await smallModel({
      layers: [new DynamicDense({ units: 4, neverBelowStart: true }), new DynamicDense({ units: 4 })],
    });
    const report = await model.contract({ axis: 0 });
    expect(report).toMatchObject({ removed: [], blocked: [{ axis: 0, reason: expect.stringMatching(/4/) }] });
    expect(await model.widths()).toEqual([4]);
  });

  it('refuse what cannot be', async () => {
    using model = await smallModel();
    const before = await model.save();
    await expectRefusal(() => model.expand({ axis: 2 }), 'INDEX', /2/);
    await expectRefusal(() => model.contract({ axis: 0, index: 4 }), 'INDEX', /4/);
    await expectRefusal(() => model.expand({ axis: 0, incoming: [1] }), 'SHAPE', /1.*2|2.*1/);
    await expectRefusal(() => model.expand({ axis: 0, outgoing: [1, NaN, 3] }), 'NOT_FINITE', /outgoing\[1\] is NaN/);
    await expectRefusal(() => model.expand({ axis: 0.5 }), 'OPTION', /axis must be an integer at least 0/);
    await expectRefusal(() => model.expand({ layer: 1 } as never), 'OPTION', /unknown option 'layer'/);
    expect(await model.save()).toEqual(before);
  });
});

describe('prune', () => {
  it('removes features whose outgoing weights are small, down to the minimum', async () => {
    using model = await smallModel();
    const state = await model.getState();
    state.tensors['layers.1.weight']!.data.fill(0, 0, 6);
    await model.setState(state);
    expect(await model.prune()).toMatchObject({ removed: [{ axis: 0 }, { axis: 0 }], blocked: [] });
    expect(await model.widths()).toEqual([2, 3]);
    const all = await model.prune(1e9);
    expect(await model.widths()).toEqual([1, 1]);
    expect(all.blocked.length).toBeGreaterThan(0);
    await expectRefusal(() => model.prune(-1), 'OPTION', /threshold must be a finite number of at least 0/);
  });

  it('works before conv-to-dense', async () => {
    using model = await imageModel();
    await model.expand({ axis: 0, outgoing: new Float32Array(4 * 5) });
    expect(await model.prune()).toMatchObject({ removed: [{ axis: 0, index: 3, width: 3 }] });
  });
});

describe('judged changes', () => {
  it('stay where they help and leave no trace where they do not', async () => {
    using data = await quadrants();
    using model = await smallModel();
    const tensors = async () => (await model.getState()).tensors;
    const before = await tensors();
    const harmful = await model.tryChange({ type: 'expand', axis: 1, outgoing: [1e3, -1e3, 0, 0], bias: 1 }, data);
    expect(harmful).toMatchObject({ kind: 'add', axis: 1, width: 3, verdict: 'undone' });
    expect(harmful.lossAfter).toBeGreaterThan(harmful.lossBefore!);
    expect(await tensors()).toEqual(before);
    const neutral = await model.tryChange({ type: 'expand', axis: 1, outgoing: [0, 0, 0, 0] }, data);
    expect(neutral).toMatchObject({ verdict: 'kept', width: 4 });
    const costly = await model.tryChange({ type: 'expand', axis: 1, outgoing: [0, 0, 0, 0] }, data, {
      weightPenalty: 0.1,
    });
    expect(costly).toMatchObject({ verdict: 'undone', penalty: 0.1, weightsBefore: await model.weightCount() });
    await expectRefusal(() => model.tryChange({ type: 'grow' } as never, data), 'OPTION', /type of expand, contract/);
    await expectRefusal(
      () => model.tryChange({ type: 'expand' }, data, { weightPenalty: -1 }),
      'OPTION',
      /weightPenalty/,
    );
  });

  it('say why, in words that go into JSON and to other threads too', async () => {
    using data = await quadrants();
    using model = await smallModel();
    const weights = await model.weightCount();
    const event = await model.tryChange({ type: 'expand', axis: 1, outgoing: [0, 0, 0, 0] }, data, { weightPenalty: 0.5 });
    const loss = event.lossBefore!.toFixed(6);
    const costs = [weights, weights + 9].map((count) => (event.lossBefore! + 0.5 * count).toFixed(6));
    const words = `loss ${loss} -> ${loss} and weights ${weights} -> ${weights + 9} at 0.5 each: ${costs[0]} -> ${costs[1]}`;
    expect(event.reason).toBe(words);
    expect(JSON.parse(JSON.stringify(event))).toEqual({ ...event, reason: words });
    expect(structuredClone(event).reason).toBe(words);
    for (let i = 0; i < 2; i++) await model.contract({ axis: 1 });
    const blocked = await model.tryChange({ type: 'contract', axis: 1 }, data);
    expect(blocked).toMatchObject({ verdict: 'blocked', reason: expect.stringContaining('least width of 1') });
  });

  it('can have a random feature replace another, which comes back to the bit where that hurts', async () => {
    using data = await quadrants();
    using model = await smallModel();
    await model.fit(data, { epochs: 100, optimizer: adam({ learningRate: 0.02 }) });
    const { widths } = await model.structure();
    const verdicts: string[] = [];
    for (let index = 0; index < widths[1]!; index++) {
      const { tensors } = await model.getState();
      const event = await model.tryChange({ type: 'replace', axis: 1, index }, data);
      expect(event).toMatchObject({ kind: 'replace', axis: 1, index, width: widths[1], weightsAfter: event.weightsBefore });
      expect((await model.structure()).widths).toEqual(widths);
      if (event.verdict === 'kept') expect((await model.evaluate(data)).loss).toBeCloseTo(event.lossAfter!, 5);
      else expect((await model.getState()).tensors).toEqual(tensors);
      verdicts.push(event.verdict);
    }
    expect(verdicts).toContain('undone');
    await expect(model.tryChange({ type: 'replace', axis: 1, index: 99 }, data)).rejects.toMatchObject({ code: 'INDEX' });
  });

  it('are drawn by updateFeatures and stochasticAddFeature', async () => {
    using data = await quadrants();
    using model = await smallModel();
    const kinds = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const before = await model.weightCount();
      const event = await model.updateFeatures(data, { weightPenalty: 1e-4 });
      kinds.add(event.kind);
      const after = await model.weightCount();
      expect(after).toBe(event.verdict === 'kept' ? event.weightsAfter : before);
    }
    expect(kinds).toEqual(new Set(['add', 'remove']));
    for (let i = 0; i < 5; i++) expect((await model.stochasticAddFeature(data)).kind).toBe('add');
  });

  it('need targets', async () => {
    using model = await smallModel();
    await expectRefusal(() => model.updateFeatures({ x: [[1, 2]] }), 'OPTION', /no targets/);
  });
});

describe('a budget of weights', () => {
  it('is passed, then kept, and every feature that came or went is told of', async () => {
    using data = await quadrants();
    using model = await smallModel();
    const reasons = new Set<string>();
    const weights = 60;
    const { events } = await model.fit(data, {
      epochs: 20,
      batchSize: 20,
      growth: { method: 'budget', weights, every: 2 },
      onEvent: ({ reason }) => reasons.add(reason.replace(/\d+/, 'N')),
    });
    expect(Math.max(...events.map((event) => event.weightsAfter))).toBeGreaterThan(1.5 * weights);
    expect(await model.weightCount()).toBeLessThanOrEqual(weights);
    expect(events.at(-1)).toMatchObject({ kind: 'remove', verdict: 'kept', weightsAfter: await model.weightCount() });
    expect([...reasons]).toEqual(['made without a test: N weights are allowed', 'costs the least loss for each weight saved, which counts less in narrow layers; N weights are allowed']);
  });

  it('is kept by one that starts above it, too', async () => {
    using data = await quadrants();
    using model = await smallModel({ layers: [new DynamicDense({ units: 30 }), new DynamicDense({ units: 4 })] });
    const { added } = await model.fit(data, { epochs: 20, batchSize: 20, growth: { method: 'budget', weights: 60, every: 5, scoringRows: 20 } });
    expect(added).toBe(0);
    expect(await model.weightCount()).toBeLessThanOrEqual(60);
  });
});

describe('compact', () => {
  it('changes no result, before, after and during a fit', async () => {
    using data = await quadrants();
    using model = await smallModel();
    for (let i = 0; i < 40; i++) await model.expand({ axis: 0 });
    for (let i = 0; i < 40; i++) await model.contract({ axis: 0, index: 4 });
    using twin = await DynamicModel.load(await model.save());
    await model.compact();
    expect(await model.save()).toEqual(await twin.save());
    const options = { epochs: 3, batchSize: 20, growth: { method: 'stochastic', every: 2 } } as const;
    await model.fit(data, { ...options, onEpochEnd: (_, context) => context.model.compact() });
    await twin.fit(data, options);
    await model.compact();
    expect(await model.save()).toEqual(await twin.save());
    model.dispose();
    await expectRefusal(() => model.compact(), 'DISPOSED', /disposed/);
  });
});

describe('layers', () => {
  it('come close to the identity and go by merging', async () => {
    using data = await quadrants(20);
    using model = await smallModel();
    const report = await model.addLayer({ axis: 0 });
    expect(report.layers).toBe(4);
    expect(await model.widths()).toEqual([4, 4, 3]);
    await model.fit(data, { epochs: 1 });
    await model.removeLayer({ layer: 0 });
    expect(await model.widths()).toEqual([4, 3]);
    expect((await model.predict(data)).shape).toEqual([20, 4]);
    await model.expand({ axis: 0 });
  });

  it('are refused where the structure forbids it', async () => {
    using model = await smallModel({ layers: [new DynamicDense({ units: 3 }), new DynamicDense({ units: 4 })] });
    await expectRefusal(() => model.removeLayer({ layer: 0 }), 'STRUCTURE', /two/);
    await expectRefusal(() => model.addLayer({ axis: 7 }), 'INDEX', /7/);
    await expectRefusal(() => model.addLayer({} as never), 'OPTION', /axis must be an integer/);
    using fixed = await smallModel({ layers: [new Dense({ units: 3 }), new Dense({ units: 4 })] });
    await expectRefusal(() => fixed.expand({ axis: 0 }), 'STRUCTURE', /fixed/);
  });
});
