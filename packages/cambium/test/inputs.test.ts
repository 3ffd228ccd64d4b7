/** Values of the wrong kind or size: each is named in a `CambiumError`, and leaves the model as it was. */
import { adam, Dataset, Dense, Dropout, DynamicDense, DynamicModel, huber, init, sgd, shutdown, type ErrorCode } from 'cambium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, noise, quadrants, smallModel } from './tasks.ts';

type Case = [what: string, act: () => unknown, code: ErrorCode, message: RegExp];

let model: DynamicModel;
let data: Dataset;
let before: Uint8Array;

beforeAll(async () => {
  model = await smallModel();
  data = await quadrants(20);
  before = await model.save();
});
afterAll(() => shutdown());

/** Each fails as told, with no word of the format in which values reach the engine, and changes nothing. */
function each(cases: Case[]): void {
  it.each(cases)('%s', async (_, act, code, message) => {
    expect(await expectRefusal(act, code, message)).not.toMatch(/at line|expected|invalid type/);
    expect(await model.save()).toEqual(before);
  });
}

const any = (value: unknown) => value as never;
const create = (more: object) => DynamicModel.create({ input: [2], layers: [new Dense({ units: 1 })], ...more } as never);
const layer = (spec: object) => create({ layers: [spec] });

describe('rows to predict', () => {
  each([
    ...[undefined, null, 5, 'abc', {}].map(
      (x): Case => [String(x), () => model.predict(any(x)), 'OPTION', /predict needs a Dataset/],
    ),
    ['big integers', () => model.predict(any(new BigInt64Array(2))), 'SHAPE', /no big integers.*BigInt64Array/],
    ['a DataView', () => model.predict(any(new DataView(new ArrayBuffer(8)))), 'SHAPE', /DataView/],
  ]);
});

describe('elements of plain arrays', () => {
  const rows = (value: unknown) => () => Dataset.from({ x: [1, 2, 3, any(value)], shape: [2] });
  const targets = (value: unknown) => () => Dataset.from({ x: [1, 2], shape: [1], y: [0.5, any(value)] });
  for (const value of [null, true, '', [7], '1.5', 1n, undefined]) {
    const shown = new RegExp(`row 1, column \\d must be a number, not ${Array.isArray(value) ? '\\[7\\]' : typeof value === 'string' ? `'${value}'` : String(value)}`);
    each([
      [`${typeof value} ${String(value)} in x`, rows(value), 'SHAPE', shown],
      [`${typeof value} ${String(value)} in y`, targets(value), 'SHAPE', shown],
    ]);
  }
});

describe('data sets', () => {
  const x = noise(4);
  each([
    ['a subset of null', () => data.subset(any(null)), 'OPTION', /subset needs an array of row numbers, not null/],
    ['a subset of 5', () => data.subset(any(5)), 'OPTION', /not 5/],
    ['a subset of no known length', () => data.subset(any({})), 'OPTION', /array of row numbers/],
    ['a subset longer than memory', () => data.subset({ length: 1e10 }), 'INDEX', /row undefined/],
    ['a scale that 32 bits round to zero', () => Dataset.from({ x, shape: [2], scale: 1e-300 }), 'OPTION', /scale .*1e-300 is 0/],
    ['a scale beyond 32 bits', () => Dataset.from({ x, shape: [2], scale: 1e300 }), 'OPTION', /scale is 1e\+300.*too large/],
    ['text as names', () => Dataset.from({ x, shape: [2], y: [0, 1], classNames: any('ab') }), 'OPTION', /classNames .*'ab'/],
    ['names that are none', () => Dataset.from({ x, shape: [2], y: [0, 1], classNames: any([{}, null]) }), 'OPTION', /classNames/],
    ['one name', () => Dataset.from({ x, shape: [2], y: [0, 0], classNames: ['a'] }), 'OPTION', /at least 2/],
    ['a shape of null', () => Dataset.from({ x, shape: any(null) }), 'SHAPE', /not null/],
    ['a size beyond 32 bits', () => Dataset.from({ x, shape: [2 ** 40] }), 'SHAPE', /1099511627776; 4294967295 is the most/],
  ]);
});

describe('changes of structure', () => {
  each([
    ...([null, 5, 'a', []] as unknown[]).flatMap((value): Case[] => [
      [`expand(${String(value)})`, () => model.expand(any(value)), 'OPTION', /expand: the options must be an object/],
      [`contract(${String(value)})`, () => model.contract(any(value)), 'OPTION', /contract: the options must be/],
    ]),
    ['addLayer()', () => model.addLayer(any(undefined)), 'OPTION', /addLayer: the options/],
    ['weights without elements', () => model.expand({ incoming: { length: 1e10 } }), 'OPTION', /incoming\[0\] must be a number, not undefined/],
    ['weights that are text', () => model.expand({ axis: 0, incoming: any(['1', '2']) }), 'OPTION', /incoming\[0\].*'1'/],
    ['a weight beyond 32 bits', () => model.expand({ axis: 0, incoming: [1e300, 1] }), 'NOT_FINITE', /incoming\[0\] is 1e\+300.*too large/],
    ['a bias beyond 32 bits', () => model.expand({ axis: 0, bias: 1e300 }), 'OPTION', /bias is 1e\+300/],
    ['an axis beyond 32 bits', () => model.expand({ axis: 2 ** 40 }), 'OPTION', /axis .*4294967295, not 1099511627776/],
    ['prune(null)', () => model.prune(any(null)), 'OPTION', /threshold .*not null/],
    ['a threshold beyond 32 bits', () => model.prune(1e300), 'OPTION', /threshold is 1e\+300/],
    ['an unknown judge', () => model.updateFeatures(data, any({ penalty: 1 })), 'OPTION', /unknown option 'penalty'/],
    ['an unknown part of a change', () => model.tryChange(any({ type: 'prune', axis: 1 }), data), 'OPTION', /'axis'/],
    ['a judge with a function', () => model.tryChange({ type: 'expand' }, data, { loss: any(() => 1) }), 'OPTION', /loss must be one such as/],
    ['a judge with a name', () => model.stochasticAddFeature(data, { loss: any('mse') }), 'OPTION', /not 'mse'/],
    ['a judge with a wrong delta', () => model.updateFeatures(data, { loss: any({ type: 'huber' }) }), 'OPTION', /loss\.delta .*undefined/],
  ]);
});

describe('models and optimisers', () => {
  each([
    ['a loss by name', () => create({ loss: 'mse' }), 'OPTION', /loss must be one such as softmaxCrossEntropy\(\), not 'mse'/],
    ['a loss of null', () => create({ loss: null }), 'OPTION', /not null/],
    ['a loss of no known type', () => create({ loss: { type: 'hinge' } }), 'OPTION', /loss\.type .*'hinge'/],
    ['a delta that 32 bits round to zero', () => huber(1e-300), 'OPTION', /huber delta is 1e-300, which is 0/],
    ['an optimiser by name', () => create({ optimizer: 'adam' }), 'OPTION', /optimizer must be one such as adam\(\), not 'adam'/],
    ['a rate of NaN', () => create({ optimizer: { learningRate: NaN } }), 'OPTION', /optimizer\.learningRate .*NaN/],
    ['a rate of text', () => model.setOptimizer(any({ learningRate: '1' })), 'OPTION', /learningRate .*'1'/],
    ['a rule by name', () => model.setOptimizer(any({ method: 'adam' })), 'OPTION', /optimizer\.method .*'adam'/],
    ['a schedule without numbers', () => adam({ schedule: any({ type: 'step' }) }), 'OPTION', /schedule\.every .*undefined/],
    ['a schedule of null', () => model.setOptimizer({ schedule: any(null) }), 'OPTION', /optimizer\.schedule .*null/],
    ['a rate that 32 bits round to zero', () => adam({ learningRate: 1e-300 }), 'OPTION', /learningRate is 1e-300, which is 0/],
    ['a beta that forgets nothing', () => adam({ beta2: 0.999999999999 }), 'OPTION', /beta2 must .* of at most 0.999999, not 0.999999999999/],
    ['a momentum beyond what converges', () => sgd({ momentum: 0.9999999 }), 'OPTION', /momentum .*0.9999999/],
    ['a deviation beyond 32 bits', () => new DynamicDense({ units: 1, newWeightStd: 1e300 }), 'OPTION', /newWeightStd is 1e\+300/],
    ['a rate that 32 bits round to one', () => new Dropout({ rate: 0.999999999999 }), 'OPTION', /rate is 0.999999999999, which is 1/],
    ['units beyond 32 bits', () => new Dense({ units: 2 ** 32 }), 'OPTION', /Dense units must be an integer from 1 to 4294967295, not 4294967296/],
    ['plain units of NaN', () => layer({ type: 'Dense', units: NaN }), 'OPTION', /Dense units .*NaN/],
    ['plain growth of text', () => layer({ type: 'DynamicDense', units: 1, growth: { newWeightStd: 'a' } }), 'OPTION', /newWeightStd .*'a'/],
    ['plain options that do not exist', () => layer({ type: 'Flatten', rate: 1 }), 'OPTION', /Flatten: unknown option 'rate'/],
    ['growth of a fixed layer', () => layer({ type: 'Dense', units: 1, growth: {} }), 'OPTION', /Dense: unknown option 'growth'/],
    ['gradients of null', () => model.applyGradients(any(null)), 'OPTION', /applyGradients .*null/],
    ['a gradient of null', () => model.applyGradients({ a: any(null) }), 'STATE', /'a' must be a Float32Array/],
    ['a custom loss by name', () => model.trainOnBatch(data, { loss: any('mse') }), 'OPTION', /loss in trainOnBatch must be a function, not 'mse'/],
    ['a custom loss of null', () => model.evaluate(data, { loss: any(null) }), 'OPTION', /loss in evaluate must be a function/],
    ['init(null)', () => init(any(null)), 'OPTION', /init: the options must be an object, not null/],
    ['init with a number for a module', () => init({ wasm: any(5) }), 'OPTION', /wasm: Number/],
  ]);

  it('take what saved models hold', async () => {
    const { config } = await model.getState();
    using again = await DynamicModel.create(config);
    expect((await again.getState()).config).toEqual(config);
  });

  it('are built from every plain layer', async () => {
    const layers = [
      { type: 'DynamicConv2D', filters: 2, activation: null },
      { type: 'MaxPooling2D', strides: null },
      { type: 'Activation', activation: 'tanh' },
      { type: 'Dropout', rate: 0.1 },
      { type: 'DynamicConv2DToDense', units: 3, growth: { minInputs: 2, newWeightStd: 0.2 } },
      { type: 'Dense', units: 2 },
    ];
    using images = await DynamicModel.create({ input: [8, 8, 1], layers: layers as never });
    const { config } = await images.getState();
    using again = await DynamicModel.create(config);
    expect(await again.widths()).toEqual([2, 3]);
  });
});

describe('fit', () => {
  const fit = (options: object) => () => model.fit(data, options as never);
  each([
    ['growth of null', fit({ growth: null }), 'OPTION', /fit growth: the options must be an object, not null/],
    ['epochs beyond 32 bits', fit({ epochs: 2 ** 40 }), 'OPTION', /epochs must be an integer from 1 to 4294967295, not 1099511627776/],
    ['a wrong optimiser', fit({ optimizer: { learningRate: NaN } }), 'OPTION', /optimizer\.learningRate/],
    ['an optimiser by name', fit({ optimizer: 'sgd' }), 'OPTION', /not 'sgd'/],
    ['a callback of null', fit({ callbacks: [{}, null] }), 'OPTION', /callbacks\[1\] must be an object .*not null/],
    ['a hook that is no function', fit({ callbacks: [{ onEpochEnd: 3 }] }), 'OPTION', /callbacks\[0\]\.onEpochEnd must be a function, not 3/],
    ['a hook that does not exist', fit({ callbacks: [{ onEpoch() {} }] }), 'OPTION', /unknown hook 'onEpoch'; known are onTrainBegin/],
    ['a hook of a class that does not exist', fit({ callbacks: [new (class { onEpochBegin() {} })()] }), 'OPTION', /unknown hook 'onEpochBegin'/],
    ['a loss of null', fit({ loss: null }), 'OPTION', /loss in fit must be a function/],
  ]);

  it.each([true, false])('changes nothing before its first step (custom loss: %s)', async (custom) => {
    const loss = (logits: Float32Array) => ({ loss: NaN, gradient: new Float32Array(logits.length) });
    const begun: unknown[] = [];
    const more = { optimizer: sgd({ momentum: 0.5 }), onTrainBegin: () => begun.push(1), ...(custom && { loss }) };
    const wrong = { x: [[1, 2, 3]], y: [0], classes: 4 };
    await expectRefusal(() => model.fit(data, { ...more, validationData: wrong }), 'SHAPE', /3/);
    await expectRefusal(() => model.fit(wrong, more), 'SHAPE', /3/);
    await expectRefusal(() => model.fit(data, { ...more, batchSize: 21 }), 'OPTION', /batchSize/);
    expect(begun).toEqual([]);
    if (custom) await expectRefusal(() => model.fit(data, more as never), 'NOT_FINITE', /loss is NaN/);
    expect(await model.save()).toEqual(before);
  });
});
