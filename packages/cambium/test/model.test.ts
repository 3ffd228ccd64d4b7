import { Dataset, DynamicModel, sgd, shutdown, softmaxCrossEntropy } from 'cambium';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRefusal, quadrants, smallModel } from './tasks.ts';

afterAll(() => shutdown());

describe('a model', () => {
  it('counts its weights and shows its structure', async () => {
    using model = await smallModel();
    expect(await model.weightCount()).toBe(2 * 4 + 4 + 4 * 3 + 3 + 3 * 4 + 4);
    expect(await model.widths()).toEqual([4, 3]);
    expect((await model.axes()).map(({ width, min, growable }) => ({ width, min, growable }))).toEqual([
      { width: 4, min: 1, growable: true },
      { width: 3, min: 1, growable: true },
    ]);
    const summary = model.summary();
    // It is of the moment of the call.
    await model.expand({ axis: 0 });
    expect(await summary).toMatchInlineSnapshot(`
      "layer  type                 output  weights
      0      DynamicDense (relu)  4            12
      1      DynamicDense (tanh)  3            15
      2      DynamicDense         4            16
      axis 0: 4 features from layer 0 to layer 1 (can grow, at least 1)
      axis 1: 3 features from layer 1 to layer 2 (can grow, at least 1)
      43 weights, 0 steps taken"
    `);
  });

  it('predicts probabilities, or logits on request', async () => {
    using data = await quadrants(10);
    using model = await smallModel({ loss: softmaxCrossEntropy() });
    const [logits, probabilities] = [await model.predict(data, { logits: true }), await model.predict(data)];
    expect(probabilities.shape).toEqual([10, 4]);
    for (let i = 0; i < 10; i++) {
      const exps = [...logits.row(i)].map(Math.exp);
      const sum = exps.reduce((a, b) => a + b);
      probabilities.row(i).forEach((p, j) => expect(p).toBeCloseTo(exps[j]! / sum, 5));
    }
    expect([...probabilities.labels()]).toEqual(logits.toArray().map((row) => row.indexOf(Math.max(...row))));
  });

  it('predicts from arrays as from a data set', async () => {
    using model = await smallModel();
    const x = new Uint8Array([10, 20, 30, 40]);
    using data = await Dataset.from({ x, shape: [2], scale: 0.1 });
    const expected = [...(await model.predict(data)).data];
    expect([...(await model.predict({ x, scale: 0.1 })).data]).toEqual(expected);
    expect([...(await model.predict(new Float32Array([1, 2, 3, 4]))).data]).toEqual(expected);
    expect([
      ...(
        await model.predict([
          [1, 2],
          [3, 4],
        ])
      ).data,
    ]).toEqual(expected);
    expect((await model.predict([1, 2])).shape).toEqual([1, 4]);
  });

  it('is the same for the same seed, and another for another', async () => {
    const states = await Promise.all([1, 1, 2].map(async (seed) => (await smallModel({ seed })).save()));
    expect(states[0]).toEqual(states[1]);
    expect(states[0]).not.toEqual(states[2]);
  });

  it('learns by single steps', async () => {
    using data = await quadrants();
    using model = await smallModel({ optimizer: sgd({ learningRate: 0.5 }) });
    const before = await model.evaluate(data);
    for (let i = 0; i < 50; i++) await model.trainOnBatch(data);
    const after = await model.evaluate(data);
    expect(after.loss).toBeLessThan(0.7 * before.loss);
    expect(after.accuracy).toBeGreaterThan(0.7);
  });

  it('steps with gradients of the user as it does with its own', async () => {
    using data = await quadrants();
    using a = await smallModel({ loss: softmaxCrossEntropy() });
    using b = await smallModel({ loss: softmaxCrossEntropy() });
    for (let i = 0; i < 3; i++) {
      await a.trainOnBatch(data);
      const gradients = await b.gradients(data);
      expect(Object.keys(gradients)).toEqual(expect.arrayContaining(['layers.0.weight', 'layers.2.bias']));
      await b.applyGradients(gradients);
    }
    expect(await b.save()).toEqual(await a.save());
  });

  it('takes a loss from JavaScript', async () => {
    using data = await quadrants(60);
    using own = await smallModel();
    using built = await smallModel();
    const loss = (
      logits: Float32Array,
      targets: Uint32Array | Float32Array | undefined,
      [rows, outputs]: readonly [number, number],
    ) => {
      const gradient = new Float32Array(logits.length);
      let sum = 0;
      for (let i = 0; i < rows; i++) {
        const z = logits.subarray(i * outputs, (i + 1) * outputs);
        const most = Math.max(...z);
        const total = z.reduce((all, value) => all + Math.exp(value - most), 0);
        z.forEach((value, j) => {
          const hit = Number(j === targets![i]);
          gradient[i * outputs + j] = (Math.exp(value - most) / total - hit) / rows;
          sum -= (hit * (value - most - Math.log(total))) / rows;
        });
      }
      return { loss: sum, gradient };
    };
    for (let i = 0; i < 5; i++) {
      const [a, b] = [await own.trainOnBatch(data, { loss }), await built.trainOnBatch(data)];
      expect(a.loss).toBeCloseTo(b.loss, 4);
      expect(a.accuracy).toBe(b.accuracy);
    }
    expect((await own.evaluate(data, { loss })).loss).toBeCloseTo((await built.evaluate(data)).loss, 4);
    const before = await own.save();
    const bad = [
      [() => ({ loss: NaN, gradient: new Float32Array(240) }), 'NOT_FINITE', /loss is NaN/],
      [
        () => ({ loss: 1, gradient: new Float32Array(240).fill(Infinity) }),
        'NOT_FINITE',
        /gradient entry 0 is Infinity/,
      ],
      [() => ({ loss: 1, gradient: new Float32Array(3) }), 'SHAPE', /3 gradient entries for 240 logits/],
      [() => 3 as never, 'OPTION', /must return/],
    ] as const;
    for (const [custom, code, message] of bad)
      await expectRefusal(() => own.trainOnBatch(data, { loss: custom }), code, message);
    expect(await own.save()).toEqual(before);
  });

  it('rejects data that does not fit, and stays as it was', async () => {
    using model = await smallModel();
    const before = await model.save();
    await expectRefusal(() => model.predict({ x: [1, 2, 3], shape: [3] }), 'SHAPE', /3/);
    await expectRefusal(() => model.predict([[NaN, 1]]), 'NOT_FINITE', /row 0, column 0/);
    await expectRefusal(
      () => model.trainOnBatch({ x: [[1, 2]], y: [5], classes: 6 }),
      'SHAPE',
      /labels of 6 classes need as many outputs, but the model has 4/,
    );
    await expectRefusal(() => model.trainOnBatch({ x: [[1, 2]] }), 'OPTION', /no targets/);
    await expectRefusal(
      () => model.trainOnBatch({ x: [[1, 2]], y: [0.5] }),
      'SHAPE',
      /targets have 1 values a row, but the model has 4 outputs/,
    );
    await expectRefusal(() => model.trainOnBatch(3 as never), 'OPTION', /needs a Dataset/);
    await expectRefusal(
      () => model.evaluate({ x: [[1, 2]], y: [0] }, { batch: 1 } as never),
      'OPTION',
      /unknown option 'batch'/,
    );
    await expectRefusal(() => model.setOptimizer({ learningRate: -1 }), 'OPTION', /-1/);
    expect(await model.save()).toEqual(before);
  });

  it('rejects layers that do not fit', async () => {
    const make = (input: number[], layers: never[]) => DynamicModel.create({ input, layers });
    await expectRefusal(() => make([4], [{ type: 'DynamicConv2D', filters: 2 } as never]), 'SHAPE', /layer 0/);
    await expectRefusal(() => make([4], [{ type: 'Nothing' } as never]), 'OPTION', /Nothing/);
    await expectRefusal(() => make([4], [{ type: 'Dense', units: 1, bias: 1 } as never]), 'OPTION', /bias/);
  });

  it('cannot be used after dispose', async () => {
    const [model, data] = [await smallModel(), await quadrants(10)];
    const pending = model.predict(data);
    model.dispose();
    model.dispose();
    expect((await pending).shape).toEqual([10, 4]);
    expect(model.disposed).toBe(true);
    for (const act of [
      () => model.fit(data),
      () => model.predict(data),
      () => model.save(),
      () => model.expand(),
      () => model.summary(),
    ]) {
      await expectRefusal(act, 'DISPOSED', /the model was disposed/);
    }
    using other = await smallModel();
    data.dispose();
    await expectRefusal(() => other.fit(data), 'DISPOSED', /the data set was disposed/);
  });
});
