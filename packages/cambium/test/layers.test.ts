import { describe, expect, it } from 'vitest';
import * as cambium from '../src/index.ts';
import { lowerLayers } from '../src/layers/lower.ts';
import { toSpec } from '../src/model-options.ts';
import { expectError } from './errors.ts';

const { Activation, AveragePooling2D, Conv2D, Dense, Dropout, DynamicConv2D, DynamicConv2DToDense, DynamicDense } =
  cambium;
const { Flatten, GlobalAveragePooling2D, MaxPooling2D } = cambium;

describe('layers', () => {
  it('become what the engine reads', () => {
    const layers = [
      new DynamicConv2D({ filters: 4, newWeightStd: 0.01 }),
      new Conv2D({ filters: 8, kernelSize: [1, 3], strides: 2, padding: 'same', activation: 'gelu', useBias: false }),
      new MaxPooling2D(),
      new AveragePooling2D({ poolSize: 3, strides: [1, 2], padding: 'same' }),
      new DynamicConv2DToDense({ units: 5, minInputs: 2, minOutputs: 3 }),
      new Activation({ activation: 'tanh' }),
      new Dropout({ rate: 0.5 }),
      new Flatten(),
      new GlobalAveragePooling2D(),
      new Dense({ units: 3 }),
      { type: 'DynamicDense', units: 2 } as const,
    ];
    expect(lowerLayers([8, 8, 3], layers)).toEqual([
      {
        type: 'DynamicConv2D',
        filters: 4,
        kernelSize: [3, 3],
        strides: [2, 2],
        padding: 'same',
        growth: { newWeightStd: 0.01 },
      },
      {
        type: 'Conv2D',
        filters: 8,
        kernelSize: [1, 3],
        strides: [2, 2],
        padding: 'same',
        activation: 'gelu',
        useBias: false,
      },
      { type: 'MaxPooling2D', poolSize: [2, 2], padding: 'valid' },
      { type: 'AveragePooling2D', poolSize: [3, 3], strides: [1, 2], padding: 'same' },
      { type: 'DynamicConv2DToDense', units: 5, growth: { minInputs: 2, minOutputs: 3 } },
      { type: 'Activation', activation: 'tanh' },
      { type: 'Dropout', rate: 0.5 },
      { type: 'Flatten' },
      { type: 'GlobalAveragePooling2D' },
      { type: 'Dense', units: 3 },
      { type: 'DynamicDense', units: 2 },
    ]);
  });

  it('never fall below the start where asked', () => {
    const layers = [8, 6, 3].map((units) => new DynamicDense({ units, neverBelowStart: true }));
    expect(lowerLayers([64], layers).map((layer) => 'growth' in layer && layer.growth)).toEqual([
      { minInputs: 64, minOutputs: 8 },
      { minInputs: 8, minOutputs: 6 },
      { minInputs: 6, minOutputs: 3 },
    ]);
    const images = [
      new DynamicConv2D({ filters: 4 }),
      new MaxPooling2D(),
      new DynamicConv2DToDense({ units: 2, neverBelowStart: true }),
    ];
    expect(lowerLayers([8, 8, 3], images)[2]).toMatchObject({ growth: { minInputs: 4, minOutputs: 2 } });
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'no units',
      () => new DynamicDense({} as never),
      /DynamicDense units must be an integer at least 1, not undefined/,
    ],
    ['zero units', () => new Dense({ units: 0 }), /Dense units must be an integer at least 1, not 0/],
    [
      'unknown options',
      () => new DynamicDense({ units: 1, bias: true } as never),
      /unknown option 'bias'; known are units, activation/,
    ],
    [
      'unknown activations',
      () => new Dense({ units: 1, activation: 'swish' as never }),
      /activation must be one of 'linear', .*not 'swish'/,
    ],
    ['three sizes', () => new DynamicConv2D({ filters: 1, kernelSize: [1, 2, 3] as never }), /one number or two/],
    ['a stride of zero', () => new Conv2D({ filters: 1, strides: [1, 0] }), /strides must be an integer at least 1/],
    ['another padding', () => new MaxPooling2D({ padding: 'full' as never }), /padding must be one of 'same', 'valid'/],
    ['a rate of one', () => new Dropout({ rate: 1 }), /rate must be a finite number of at least 0 and below 1, not 1/],
    [
      'a negative deviation',
      () => new DynamicDense({ units: 1, newWeightStd: -1 }),
      /newWeightStd must be a finite number of at least 0/,
    ],
    [
      'two minima',
      () => new DynamicDense({ units: 1, minInputs: 1, neverBelowStart: true }),
      /neverBelowStart stands in place/,
    ],
    ['no layers', () => toSpec({ input: [3], layers: [] }), /at least one layer/],
    ['something else as a layer', () => toSpec({ input: [3], layers: [3 as never] }), /layers\[0\] must be a layer/],
    [
      'a seed with a fraction',
      () => toSpec({ input: [3], layers: [new Dense({ units: 1 })], seed: 0.5 }),
      /seed must be an integer from 0/,
    ],
    [
      'a function as the loss',
      () => toSpec({ input: [3], layers: [new Dense({ units: 1 })], loss: (() => 0) as never }),
      /give a function to fit/,
    ],
  ])('rejects %s', async (_, make, message) => {
    await expectError(make, 'OPTION', message);
  });
});

describe('optimisers and losses', () => {
  it('become what the engine reads', () => {
    expect(cambium.adam()).toEqual({
      method: { type: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, sharedStepCount: false },
      learningRate: 1e-3,
    });
    expect(cambium.adamw().method).toMatchObject({ type: 'adam', weightDecay: 0.01 });
    expect(
      cambium.sgd({ momentum: 0.9, schedule: cambium.step({ every: 5, factor: 0.5 }), clipNorm: 1, clipValue: 2 }),
    ).toEqual({
      method: { type: 'sgd', momentum: 0.9, weightDecay: 0 },
      learningRate: 1e-2,
      schedule: { type: 'step', every: 5, factor: 0.5 },
      clipNorm: 1,
      clipValue: 2,
    });
    expect([cambium.constant(), cambium.cosine({ floor: 0.1 }), cambium.linear({ start: 0.5 })]).toEqual([
      { type: 'constant' },
      { type: 'cosine', start: 0, floor: 0.1 },
      { type: 'linear', start: 0.5, floor: 0 },
    ]);
    expect(cambium.huber(2)).toEqual({ type: 'huber', delta: 2 });
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a rate of zero',
      () => cambium.adam({ learningRate: 0 }),
      /adam learningRate must be a finite number above 0 and of at most 1000000, not 0/,
    ],
    ['a beta of one', () => cambium.adam({ beta1: 1 }), /beta1 must be a finite number of at least 0 and of at most 0.999999/],
    ['a rate that grows', () => cambium.step({ every: 5, factor: 2 }), /step factor must be a finite number above 0 and of at most 1, not 2/],
    ['decay for adam', () => cambium.adam({ weightDecay: 1 } as never), /unknown option 'weightDecay'/],
    ['betas for sgd', () => cambium.sgd({ beta1: 0.9 } as never), /unknown option 'beta1'/],
    ['a delta of zero', () => cambium.huber(0), /huber delta/],
    [
      'a floor above one',
      () => cambium.cosine({ floor: 2 }),
      /floor must be a finite number of at least 0 and of at most 1/,
    ],
  ])('reject %s', async (_, make, message) => {
    await expectError(make, 'OPTION', message);
  });
});
