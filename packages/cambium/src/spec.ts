import type { LossSpec } from './runtime/protocol.ts';

/** A nonlinearity. `gelu` is the exact form with the normal distribution function, `leakyRelu` has slope 0.01 below zero. */
export type ActivationName = 'linear' | 'relu' | 'leakyRelu' | 'gelu' | 'tanh' | 'sigmoid';

/** How a window meets the border: `same` pads with zeros as TensorFlow does (the odd one at the end), `valid` does not pad. */
export type Padding = 'same' | 'valid';

/** What growing layers have beyond fixed ones, as the engine reads it. */
export interface GrowthSpec {
  /** Standard deviation of the weights of new features. @defaultValue 0.1 */
  newWeightStd?: number;
  /** The layer never has fewer input features. @defaultValue 1 */
  minInputs?: number;
  /** The layer never has fewer output features. @defaultValue 1 */
  minOutputs?: number;
}

/** One layer as the engine reads it and as saved models hold it. The classes of the same names write it, `Residual` writes its layers and an `Add`. */
export type LayerSpec =
  | {
      type: 'DynamicDense' | 'DynamicConv2DToDense';
      units: number;
      activation?: ActivationName | null;
      useBias?: boolean;
      growth?: GrowthSpec;
    }
  | {
      type: 'DynamicConv2D';
      filters: number;
      kernelSize?: [number, number];
      strides?: [number, number];
      padding?: Padding;
      activation?: ActivationName | null;
      useBias?: boolean;
      growth?: GrowthSpec;
    }
  | { type: 'Dense'; units: number; activation?: ActivationName | null; useBias?: boolean }
  | {
      type: 'Conv2D';
      filters: number;
      kernelSize?: [number, number];
      strides?: [number, number];
      padding?: Padding;
      activation?: ActivationName | null;
      useBias?: boolean;
    }
  | { type: 'Flatten' | 'GlobalAveragePooling2D' }
  | {
      type: 'MaxPooling2D' | 'AveragePooling2D';
      poolSize?: [number, number];
      strides?: [number, number] | null;
      padding?: Padding;
    }
  | { type: 'Dropout'; rate: number }
  | { type: 'Activation'; activation: ActivationName }
  | { type: 'BatchNorm'; momentum?: number; epsilon?: number }
  | { type: 'LayerNorm'; epsilon?: number }
  /** The end of a `Residual` block: adds the input of the layer with the index `from`. */
  | { type: 'Add'; from: number };

/** Factor on the learning rate over a `fit`. Made by `constant`, `cosine`, `linear` and `step`. */
export type Schedule =
  | { type: 'constant' }
  | { type: 'cosine' | 'linear'; start?: number; floor?: number }
  | { type: 'step'; every: number; factor: number };

/** The rule of an optimiser. */
export type OptimizerMethod =
  | { type: 'adam'; beta1?: number; beta2?: number; epsilon?: number; weightDecay?: number; sharedStepCount?: boolean }
  | { type: 'sgd'; momentum?: number; weightDecay?: number };

/** An optimiser as plain data. Made by `adam`, `adamw` and `sgd`. */
export interface OptimizerSpec {
  /** The update rule. */
  method?: OptimizerMethod;
  /** Step size before the schedule. @defaultValue 1e-3 */
  learningRate?: number;
  /** How the step size changes over a `fit`. @defaultValue constant */
  schedule?: Schedule;
  /** Largest norm of the gradient over the whole model. @defaultValue no limit */
  clipNorm?: number;
  /** Largest magnitude of one gradient entry. @defaultValue no limit */
  clipValue?: number;
}

/** A model as plain data: what `getState().config` gives and `DynamicModel.create` takes. */
export interface ModelSpec {
  /** Shape of one row: `[features]` or `[height, width, channels]`. */
  input: number[];
  /** The features of a plain row that are read, ascending. Weights in files have rows of zeros for the others. @defaultValue all */
  usedInputs?: number[];
  /** First to last; the last gives logits. */
  layers: LayerSpec[];
  /** Seeds every random stream of the model. @defaultValue 0 */
  seed?: number;
  /** @defaultValue Adam with learning rate 1e-3 */
  optimizer?: OptimizerSpec;
  /** @defaultValue by the targets: labels softmax cross-entropy, values mean squared error */
  loss?: LossSpec;
  /** Nanoseconds of a multiply-add of each layer, as `measureRates` gives them. @defaultValue not measured */
  rates?: number[];
}
