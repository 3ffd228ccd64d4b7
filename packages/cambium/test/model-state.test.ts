import { DynamicDense, Dense, DynamicModel, meanSquaredError, shutdown } from 'cambium';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRefusal, quadrants, smallModel } from './tasks.ts';

afterAll(() => shutdown());

describe('a state', () => {
  it('goes through a file and a plain object, and training goes on to the same bits', async () => {
    using data = await quadrants();
    using model = await smallModel();
    await model.fit(data, { epochs: 2, batchSize: 20, growth: { method: 'stochastic', every: 2 } });
    using loaded = await DynamicModel.load(await model.save());
    using restored = await DynamicModel.create((await model.getState()).config);
    await restored.setState(await model.getState());
    for (const other of [model, loaded, restored]) {
      await other.fit(data, { epochs: 2, batchSize: 20, growth: { method: 'stochastic', every: 2 } });
    }
    expect(await loaded.save()).toEqual(await model.save());
    expect(await restored.save()).toEqual(await model.save());
  });

  it('has keys and shapes in the usual style', async () => {
    using model = await smallModel();
    const { tensors, config } = await model.getState();
    expect(tensors['layers.0.weight']!.shape).toEqual([2, 4]);
    expect(tensors['layers.2.bias']!.shape).toEqual([4]);
    expect(config).toMatchObject({ input: [2], seed: 3 });
  });

  it('takes weights made elsewhere, which can then grow', async () => {
    using model = await DynamicModel.create({
      input: [2],
      layers: [new DynamicDense({ units: 2 }), new DynamicDense({ units: 1 })],
      loss: meanSquaredError(),
    });
    const { config } = await model.getState();
    const tensor = (shape: number[], ...data: number[]) => ({ shape, data: Float32Array.from(data) });
    await model.setState({
      config,
      tensors: {
        'layers.0.weight': tensor([2, 2], 1, 0, 0, 1),
        'layers.0.bias': tensor([2], 0, -1),
        'layers.1.weight': tensor([2, 1], 2, 3),
        'layers.1.bias': tensor([1], 0.5),
      },
    });
    expect([
      ...(
        await model.predict([
          [4, 5],
          [-1, 0],
        ])
      ).data,
    ]).toEqual([2 * 4 + 3 * 4 + 0.5, 0.5]);
    await model.expand({ axis: 0, incoming: [1, 1], bias: 1, outgoing: [10] });
    expect([...(await model.predict([[4, 5]])).data]).toEqual([20.5 + 100]);
  });

  it('is refused where it does not fit, and the model stays as it was', async () => {
    using model = await smallModel();
    const before = await model.save();
    const state = await model.getState();
    const { 'layers.0.weight': _, ...missing } = state.tensors;
    await expectRefusal(() => model.setState({ ...state, tensors: missing }), 'STATE', /layers\.0\.weight/);
    const wrong = { ...state.tensors, 'layers.0.weight': { shape: [1, 4], data: new Float32Array(4) } };
    await expectRefusal(() => model.setState({ ...state, tensors: wrong }), 'STATE', /layers\.0\.weight/);
    await expectRefusal(() => model.setState(3 as never), 'STATE', /config and tensors/);
    await expectRefusal(() => model.restore(before.slice(0, 100)), 'STATE', /safetensors/);
    await expectRefusal(() => DynamicModel.load(new Uint8Array(50)), 'STATE', /safetensors/);
    using other = await DynamicModel.create({ input: [3], layers: [new Dense({ units: 1 })] });
    await expectRefusal(async () => model.restore(await other.save()), 'SHAPE', /\[3\], the model for \[2\]/);
    expect(await model.save()).toEqual(before);
  });
});
