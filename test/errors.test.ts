/** Bad input through the public API: a `CambiumError` that names what is wrong, and a model that is as before, bit for bit. */
import {
  adam,
  Conv2D,
  Dataset,
  Dense,
  DynamicConv2D,
  DynamicDense,
  DynamicModel,
  init,
  MaxPooling2D,
  sgd,
  shutdown,
  type ErrorCode,
  type FitOptions,
} from 'cambium';
import { readCifar10, readIdx } from 'cambium/data';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectError, noise, sameBytes } from './support/engine.ts';

type Case = [what: string, act: (model: DynamicModel) => unknown, code: ErrorCode, message: RegExp];

const ROWS = 40;
let data: Dataset;
let model: DynamicModel;

function create(layers: unknown, input: unknown = [3]): Promise<DynamicModel> {
  return DynamicModel.create({ input, layers } as never);
}

beforeAll(async () => {
  const y = Uint8Array.from(noise(ROWS, 2), (value) => Math.floor(2 * (value + 1)));
  data = await Dataset.from({ x: noise(3 * ROWS), shape: [3], y, classes: 4 });
});
beforeEach(async () => {
  const layers = [new DynamicDense({ units: 5 }), new DynamicDense({ units: 3 }), new DynamicDense({ units: 4 })];
  model = await DynamicModel.create({ input: [3], layers, seed: 1 });
  await model.fit(data, { epochs: 2, batchSize: 16 });
});
afterAll(shutdown);

/** Each case fails as told, and neither it nor any other call changes the model. */
function each(cases: Case[]): void {
  it.each(cases)('%s', async (_, act, code, message) => {
    const before = await model.save();
    await expectError(() => act(model), code, message);
    expect(sameBytes(await model.save(), before), 'the model is as before').toBe(true);
    expect((await model.fit(data)).epochs, 'and can be trained').toHaveLength(1);
  });
}

const x = [[1, 2, 3], [4, 5, 6]];
const fit = (options: object) => (m: DynamicModel) => m.fit(data, options as FitOptions);
const growth = (options: object) => fit({ growth: { method: 'stochastic', ...options } });

describe('sizes and shapes', () => {
  each([
    ['a flat array that is no whole number of rows', () => Dataset.from({ x: noise(10), shape: [3] }), 'SHAPE', /10 .*multiple of 3/],
    ['a flat array without a shape', () => Dataset.from({ x: noise(9) }), 'SHAPE', /shape/],
    ['ragged rows', () => Dataset.from({ x: [[1, 2], [3]] }), 'SHAPE', /x\[1\] has 1 elements, but x\[0\] has 2/],
    ['no rows', () => Dataset.from({ x: [] }), 'SHAPE', /empty/],
    ['a shape with a zero', () => Dataset.from({ x: noise(4), shape: [0] }), 'SHAPE', /\[0\]/],
    ['a negative shape', () => Dataset.from({ x: noise(4), shape: [-2] }), 'SHAPE', /\[-2\]/],
    ['a shape of two numbers', () => Dataset.from({ x: noise(4), shape: [2, 2] }), 'SHAPE', /\[2, 2\]/],
    ['fewer targets than rows', () => Dataset.from({ x, y: [0] }), 'SHAPE', /1 labels for 2 rows/],
    ['rows of another shape than the model', (m) => m.fit({ x: noise(10), shape: [5], y: [0, 1] }), 'SHAPE', /5.*3/],
    ['a row of another shape in predict', (m) => m.predict([[1, 2]]), 'SHAPE', /2.*3/],
    ['more classes than outputs', (m) => m.evaluate({ x, y: [0, 1], classes: 7 }), 'SHAPE', /7.*4|4.*7/],
    ['values of another width than the outputs', (m) => m.trainOnBatch({ x, y: [[1], [2]] }), 'SHAPE', /1.*4|4.*1/],
    ['validation data of another shape', fit({ validationData: { x: [[1, 2]], y: [0] } }), 'SHAPE', /2.*3/],
    ['a convolution on a row', () => create([new DynamicConv2D({ filters: 2 })]), 'SHAPE', /layer 0/],
    ['a window larger than the image', () => create([new MaxPooling2D({ poolSize: 9 }), new Dense({ units: 2 })], [4, 4, 1]), 'SHAPE', /9.*4|4.*9/],
    ['an input of zero', () => create([new Dense({ units: 2 })], [0]), 'SHAPE', /\[0\]/],
    ['an input of two numbers', () => create([new Dense({ units: 2 })], [8, 8]), 'SHAPE', /\[8, 8\]/],
    ['incoming weights of another length', (m) => m.expand({ axis: 0, incoming: [1] }), 'SHAPE', /1.*3|3.*1/],
    ['outgoing weights of another length', (m) => m.expand({ axis: 0, outgoing: noise(9) }), 'SHAPE', /9.*3|3.*9/],
  ]);
});

describe('labels and numbers', () => {
  each([
    ['a label outside the classes', () => Dataset.from({ x, y: [0, 4], classes: 4 }), 'LABEL', /y\[1\] is 4.*4 classes \(0 to 3\)/],
    ['a negative label', () => Dataset.from({ x, y: Int8Array.of(0, -1) }), 'LABEL', /y\[1\] is -1/],
    ['a fraction as label', () => Dataset.from({ x, y: [0, 0.5], targets: 'labels' }), 'LABEL', /0.5/],
    ['NaN in a row', () => Dataset.from({ x: [[1, 2, 3], [4, NaN, 6]] }), 'NOT_FINITE', /row 1, column 1 is NaN/],
    ['infinity in an image', () => Dataset.from({ x: Float32Array.of(0, 0, 0, Infinity), shape: [2, 2, 1] }), 'NOT_FINITE', /row 0, index \[1, 1, 0\]/],
    ['NaN in values', () => Dataset.from({ x, y: [[1], [NaN]] }), 'NOT_FINITE', /row 1, column 0 is NaN/],
    ['a number beyond 32-bit floats', () => Dataset.from({ x: [[1e300]] }), 'NOT_FINITE', /1e\+300/],
    ['NaN in predict', (m) => m.predict([[0, 0, NaN]]), 'NOT_FINITE', /row 0, column 2/],
    ['NaN in explicit weights', (m) => m.expand({ axis: 0, incoming: [1, NaN, 1] }), 'NOT_FINITE', /incoming\[1\] is NaN/],
    ['NaN in a gradient', async (m) => {
      const gradients = await m.gradients(data);
      gradients['layers.0.bias']!.data[2] = NaN;
      await m.applyGradients(gradients);
    }, 'NOT_FINITE', /layers\.0\.bias.* NaN at position 2/],
    ['a gradient that is missing', async (m) => {
      const { 'layers.1.weight': _, ...rest } = await m.gradients(data);
      await m.applyGradients(rest);
    }, 'STATE', /5 gradients.*6|layers\.1\.weight/],
  ]);
});

describe('options', () => {
  each([
    ['no targets', (m) => m.trainOnBatch({ x }), 'OPTION', /target/],
    ['no units', () => new DynamicDense({ units: 0 }), 'OPTION', /units .*not 0/],
    ['negative units', () => new Dense({ units: -3 }), 'OPTION', /units .*not -3/],
    ['an unknown layer option', () => new Conv2D({ filters: 2, stride: 1 } as never), 'OPTION', /'stride'; known are .*strides/],
    ['an unknown layer', () => create([{ type: 'Recurrent', units: 2 }]), 'OPTION', /Recurrent/],
    ['no layers', () => create([]), 'OPTION', /at least one layer/],
    ['an unknown model option', () => DynamicModel.create({ input: [1], layers: [new Dense({ units: 1 })], sed: 1 } as never), 'OPTION', /'sed'/],
    ['a learning rate of zero', () => adam({ learningRate: 0 }), 'OPTION', /learningRate .*above 0 and of at most 1000000, not 0/],
    ['a beta of one', () => adam({ beta2: 1 }), 'OPTION', /beta2/],
    ['an optimiser from nowhere', (m) => m.setOptimizer({ method: { type: 'lbfgs' } } as never), 'OPTION', /lbfgs/],
    ['a batch above the rows', fit({ batchSize: ROWS + 1 }), 'OPTION', new RegExp(`1 to ${ROWS}, not ${ROWS + 1}`)],
    ['a batch of zero', fit({ batchSize: 0 }), 'OPTION', /batchSize .*not 0/],
    ['more epochs than can be counted, and another optimiser', fit({ epochs: 2 ** 40, optimizer: sgd() }), 'OPTION', /epochs .*not 1099511627776/],
    ['growth judged on rows that are missing, and another optimiser', fit({ optimizer: sgd(), validationData: { x, y: [0, 1], classes: 4 }, growth: { method: 'stochastic', scoringRows: 3 } }), 'OPTION', /scoringRows is 3/],
    ['validation data without targets, and another optimiser', fit({ optimizer: sgd(), validationData: { x } }), 'OPTION', /target/],
    ['a callback that is none', fit({ callbacks: [3] }), 'OPTION', /callbacks\[0\] .*not 3/],
    ['no epochs', fit({ epochs: 0 }), 'OPTION', /epochs .*not 0/],
    ['an unknown fit option', fit({ epoch: 1 }), 'OPTION', /'epoch'; known are .*epochs/],
    ['an unknown growth option', growth({ evry: 2 }), 'OPTION', /'evry'/],
    ['growth every zero steps', growth({ every: 0 }), 'OPTION', /growth\.every .*not 0/],
    ['a negative weight penalty', growth({ weightPenalty: -1 }), 'OPTION', /weightPenalty .*-1/],
    ['more scoring rows than validation rows', (m) => m.fit(data, { validationData: { x, y: [0, 1], classes: 4 }, growth: { method: 'stochastic', scoringRows: 3 } }), 'OPTION', /scoringRows is 3.*2 rows/],
    ['an axis that does not exist', (m) => m.expand({ axis: 2 }), 'INDEX', /axis 2.*0 to 1|axis 2/],
    ['a feature that does not exist', (m) => m.contract({ axis: 1, index: 3 }), 'INDEX', /3/],
    ['a negative threshold', (m) => m.prune(-1), 'OPTION', /threshold .*-1/],
    ['a change of no known type', (m) => m.tryChange({ type: 'double' } as never, data), 'OPTION', /'double'/],
    ['a merge with a layer that is not there', (m) => m.removeLayer({ layer: 2 }), 'STRUCTURE', /layer 2 is the last/],
    ['an unknown init option', () => init({ thread: 2 } as never), 'OPTION', /thread.*known are/],
    ['no threads', () => init({ threads: 0 }), 'OPTION', /init option threads must be an integer from 1 to 256, not 0/],
  ]);
});

describe('data files', () => {
  each([
    ['a truncated CIFAR-10 file', () => readCifar10(new Uint8Array(3072)), 'STATE', /3072 bytes/],
    ['a label above nine in it', () => readCifar10(new Uint8Array(3073).fill(10)), 'STATE', /label 10/],
    ['a truncated gzip file', () => readCifar10(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0)), 'STATE', /gzip/],
    ['a truncated IDX file', () => readIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 9, 1)), 'STATE', /9|1/],
  ]);
});

describe('training that diverges', () => {
  /** Steps far too large; leaky units never die, so the numbers explode. */
  const wild = sgd({ learningRate: 1e6 });
  const create = (): Promise<DynamicModel> => {
    const layers = [5, 3, 4].map((units) => new DynamicDense({ units, activation: 'leakyRelu' }));
    return DynamicModel.create({ input: [3], layers, seed: 1 });
  };

  it('ends fit, and leaves the weights of the start of the epoch', async () => {
    using leaky = await create();
    await leaky.fit(data, { epochs: 2 });
    await leaky.setOptimizer(wild);
    const { tensors } = await leaky.getState();
    await expectError(() => leaky.fit(data, { epochs: 50, batchSize: 10 }), 'NOT_FINITE', /start of this epoch.*smaller learning rate/);
    expect((await leaky.getState()).tensors).toEqual(tensors);
    await leaky.fit(data, { optimizer: adam() });
    expect((await leaky.evaluate(data)).loss).toSatisfy(Number.isFinite);
  });

  it('ends a fit that grows, and leaves finite weights', async () => {
    using leaky = await create();
    const growth = { method: 'stochastic', every: 1 } as const;
    await expectError(() => leaky.fit(data, { epochs: 50, batchSize: 10, optimizer: wild, growth }), 'NOT_FINITE', /(NaN|inf|no longer finite).*start of this epoch/);
    for (const [key, { data: values }] of Object.entries((await leaky.getState()).tensors)) {
      expect(values.every((value) => Number.isFinite(value)), key).toBe(true);
    }
  });

  it('changes nothing in trainOnBatch when the loss is not finite', async () => {
    using huge = await Dataset.from({ x: noise(30).map((value) => 3e38 * value), shape: [3], y: new Uint8Array(10), classes: 4 });
    const before = await model.save();
    await expectError(() => model.trainOnBatch(huge), 'NOT_FINITE', /loss .*(NaN|inf)/);
    await expectError(() => model.evaluate(huge), 'NOT_FINITE', /loss .*(NaN|inf)/);
    expect(sameBytes(await model.save(), before)).toBe(true);
    // A change that cannot be measured is not kept; of it nothing stays but the place in the random numbers of growth.
    const { tensors } = await model.getState();
    expect(await model.tryChange({ type: 'expand' }, huge)).toMatchObject({ kind: 'add', verdict: 'undone' });
    expect((await model.getState()).tensors).toEqual(tensors);
  });
});

describe('use after dispose', () => {
  it('is refused by models and data sets', async () => {
    const rows = await Dataset.from({ x, y: [0, 1], classes: 4 });
    rows.dispose();
    await expectError(() => model.fit(rows), 'DISPOSED', /data set was disposed/);
    await expectError(() => rows.subset([0]), 'DISPOSED', /data set was disposed/);
    model.dispose();
    for (const act of [() => model.fit(data), () => model.save(), () => model.expand(), () => model.evaluate(data)]) {
      await expectError(act, 'DISPOSED', /model was disposed/);
    }
  });

  it('is told from use after shutdown', async () => {
    await shutdown();
    await expectError(() => model.save(), 'ENGINE_DIED', /shutdown/);
    using fresh = await create([new Dense({ units: 2 })]);
    expect((await fresh.predict([[1, 2, 3]])).shape).toEqual([1, 2]);
  });
});
