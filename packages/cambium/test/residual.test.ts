import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Activation,
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
  LayerNorm,
  Residual,
  shutdown,
  type Layer,
} from 'cambium';
import { digits } from 'cambium/data';
import { lowerLayers } from '../src/layers/lower.ts';
import * as source from '../src/index.ts';
import { expectError } from './errors.ts';
import { expectRefusal } from './tasks.ts';

const conv = (filters: number, activation: 'relu' | 'linear' = 'linear') => new DynamicConv2D({ filters, strides: 1, activation });
const relu = new Activation({ activation: 'relu' });

/** A small network of residual blocks for images of digits. */
function network(norm: () => Layer): Layer[] {
  return [
    new DynamicConv2D({ filters: 6, strides: 2, activation: 'linear' }),
    norm(),
    relu,
    new Residual({ layers: [conv(4), norm(), relu, conv(6)] }),
    relu,
    new Residual({ layers: [conv(6, 'relu'), conv(6)] }),
    norm(),
    new DynamicConv2DToDense({ units: 10 }),
  ];
}

async function images(): Promise<[Dataset, Dataset]> {
  const { x, y } = await digits();
  const rows = 600;
  const data = await Dataset.from({ x: x.slice(0, rows * 64), y: y.slice(0, rows), shape: [8, 8, 1] });
  const [train, valid] = data.split([0.8, 0.2], 1);
  return [train!, valid!];
}

describe('descriptions', () => {
  it('of norms and blocks become what the engine reads', () => {
    const inner = new source.Residual({ layers: [new source.LayerNorm(), new source.DynamicDense({ units: 8, neverBelowStart: true })] });
    const layers = [
      new source.DynamicDense({ units: 8 }),
      new source.Residual({ layers: [new source.BatchNorm({ momentum: 0.9, epsilon: 1e-5 }), inner, { type: 'DynamicDense', units: 8 }] }),
      new source.Dense({ units: 2 }),
    ];
    expect(lowerLayers([5], layers)).toEqual([
      { type: 'DynamicDense', units: 8, growth: {} },
      { type: 'BatchNorm', momentum: 0.9, epsilon: 1e-5 },
      { type: 'LayerNorm' },
      { type: 'DynamicDense', units: 8, growth: { minInputs: 8, minOutputs: 8 } },
      { type: 'Add', from: 2 },
      { type: 'DynamicDense', units: 8 },
      { type: 'Add', from: 1 },
      { type: 'Dense', units: 2 },
    ]);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a block of nothing', () => new source.Residual({ layers: [] }), /Residual layers must be an array of at least one layer/],
    ['something else in a block', () => new source.Residual({ layers: [3 as never] }), /Residual layers\[0\] must be a layer/],
    ['a momentum of one', () => new source.BatchNorm({ momentum: 1 }), /BatchNorm momentum must be a finite number of at least 0 and of at most/],
    ['an epsilon of zero', () => new source.LayerNorm({ epsilon: 0 }), /LayerNorm epsilon/],
    ['unknown options', () => new source.LayerNorm({ center: true } as never), /unknown option 'center'; known are epsilon/],
    ['an addition from nowhere', () => lowerLayers([3], [{ type: 'Add', from: -1 }]), /Add from must be an integer/],
  ])('reject %s', async (_, make, message) => {
    await expectError(make, 'OPTION', message);
  });
});

describe('networks with norms and residual blocks', () => {
  beforeAll(async () => {
    await init({ threads: 2 });
  });
  afterAll(shutdown);

  it.each([
    ['BatchNorm', () => new BatchNorm({ momentum: 0.9 })],
    ['LayerNorm', () => new LayerNorm()],
  ])('train, grow, and are the same when loaded: %s', async (name, norm) => {
    const [train, valid] = await images();
    using model = await DynamicModel.create({ input: [8, 8, 1], layers: network(norm), seed: 2, optimizer: adam({ learningRate: 0.01 }) });
    const before = await model.structure();
    expect(before.axes.map((axis) => [axis.producers, axis.consumers, axis.growable])).toEqual([
      [[0, 6, 10], [3, 9, 13], true],
      [[3], [6], true],
      [[9], [10], true],
    ]);
    const { epochs } = await model.fit(train, {
      epochs: 8,
      batchSize: 40,
      validationData: valid,
      growth: { method: 'stochastic', every: 4, weightPenalty: 1e-6 },
    });
    expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0]!.loss / 2);
    const { accuracy } = await model.evaluate(valid);
    expect(accuracy).toBeGreaterThan(0.85);
    const after = await model.structure();
    expect(after.widths).not.toEqual(before.widths);
    expect(after.layers.filter((layer) => layer.type === name).map((layer) => layer.outputShape.at(-1))).toEqual(
      [0, 1, 0].map((axis) => after.widths[axis]),
    );
    const file = await model.save();
    using again = await DynamicModel.load(file);
    const outputs = await model.predict(valid);
    expect((await again.predict(valid)).data).toEqual(outputs.data);
    await Promise.all([model, again].map((one) => one.fit(train, { batchSize: 40, growth: { method: 'stochastic', every: 3 } })));
    expect(await again.save()).toEqual(await model.save());
    expect(await model.summary()).toMatch(/axis 0: \d+ features from layers 0, 6, 10 to layers 3, 9, 13 \(can grow/);
    const { tensors, config } = await model.getState();
    expect(config.layers[7]).toEqual({ type: 'Add', from: 3 });
    expect('layers.1.running_mean' in tensors).toBe(name === 'BatchNorm');
    expect(tensors['layers.1.weight']!.shape).toEqual([(await model.widths())[0]]);
  });

  it('give up what its price does not bear', async () => {
    const [train, valid] = await images();
    using model = await DynamicModel.create({ input: [8, 8, 1], layers: network(() => new BatchNorm()), seed: 3, optimizer: adam({ learningRate: 0.01 }) });
    const { events } = await model.fit(train, { epochs: 8, batchSize: 40, validationData: valid, growth: { method: 'price', price: 3, every: 2 } });
    const removed = events.filter(({ kind, verdict }) => kind === 'remove' && verdict === 'kept');
    expect(removed.length).toBeGreaterThan(0);
    expect(removed.every(({ lossBefore, lossAfter, penalty }) => Number.isFinite(lossBefore) && Number.isFinite(lossAfter) && penalty > 0)).toBe(true);
    using again = await DynamicModel.load(await model.save());
    expect((await again.predict(valid)).data).toEqual((await model.predict(valid)).data);
    expect(await again.widths()).toEqual(await model.widths());
  });

  it('keep a budget', async () => {
    const [train] = await images();
    using model = await DynamicModel.create({ input: [8, 8, 1], layers: network(() => new BatchNorm()), seed: 3, optimizer: adam({ learningRate: 0.01 }) });
    await model.fit(train, { epochs: 6, batchSize: 40, growth: { method: 'budget', weights: 1500, every: 2, scoring: 'training', scoringRows: 100 } });
    expect(await model.weightCount()).toBeLessThanOrEqual(1500);
    expect(await model.weightCount()).toBeGreaterThan(1000);
  });

  it('change by hand, on the whole stream', async () => {
    using model = await DynamicModel.create({
      input: [4],
      layers: [new DynamicDense({ units: 5 }), new Residual({ layers: [new DynamicDense({ units: 5 })] }), new LayerNorm(), new DynamicDense({ units: 2 })],
    });
    // The block's own layer reads and makes the feature.
    const grown = await model.expand({ axis: 0, incoming: Array(4 + 5).fill(0.1), bias: 0, outgoing: Array(6 + 2).fill(0) });
    expect(grown.added).toEqual([{ axis: 0, index: 5, width: 6 }]);
    await expectRefusal(() => model.expand({ axis: 0, incoming: [1] }), 'SHAPE', /incoming holds 1 numbers; a feature of axis 0 needs 10/);
    await expectRefusal(() => model.removeLayer({ layer: 0 }), 'STRUCTURE', /joined by a residual block/);
    expect((await model.contract({ axis: 0, index: 2 })).removed).toEqual([{ axis: 0, index: 2, width: 5 }]);
    await model.addLayer({ axis: 0 });
    expect((await model.getState()).config.layers.map((layer) => layer.type)).toEqual([
      'DynamicDense', 'DynamicDense', 'DynamicDense', 'Add', 'LayerNorm', 'DynamicDense',
    ]);
  });

  it('say which shapes do not fit, and why a width is fixed', async () => {
    const wrong = { input: [8, 8, 1], layers: [new Residual({ layers: [new DynamicConv2D({ filters: 3 })] }), new Flatten(), new Dense({ units: 2 })] };
    await expectRefusal(() => DynamicModel.create(wrong), 'SHAPE', /layer 1: .*it reads \[8, 8, 1\], the input of layer 0, and gives \[4, 4, 3\]/);
    using model = await DynamicModel.create({
      input: [8, 8, 1],
      layers: [conv(4), new Residual({ layers: [new Conv2D({ filters: 4, padding: 'same' })] }), new GlobalAveragePooling2D(), new DynamicDense({ units: 2 })],
    });
    expect(await model.axes()).toMatchObject([{ growable: false, reason: 'layer 1 reads the axis and has a fixed width' }]);
  });
});
