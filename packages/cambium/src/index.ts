/** Neural networks that find their own size while they train. */
export type { NestedArray, NumberArray } from './arrays.ts';
export {
  EarlyStopping,
  ModelCheckpoint,
  type BatchLog,
  type Callback,
  type FitContext,
  type MonitorOptions,
} from './callbacks.ts';
export type { ContractOptions, DropInputOptions, ExpandOptions, JudgeOptions, ReplaceOptions, StructuralChange } from './changes.ts';
export { Dataset, type DatasetOptions } from './dataset.ts';
export { CambiumError, type ErrorCode } from './errors.ts';
export type { FitOptions } from './fit-options.ts';
export { FitRun } from './fit-run.ts';
export type { Tensor } from './formats/safetensors.ts';
export type { GrowthOptions } from './growth.ts';
export type { Data } from './handle.ts';
export { History, type EpochLog, type FitTiming, type Metric } from './history.ts';
export { DynamicConv2D, DynamicConv2DToDense, DynamicDense } from './layers/dynamic.ts';
export {
  Activation,
  AveragePooling2D,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  GlobalAveragePooling2D,
  MaxPooling2D,
} from './layers/fixed.ts';
export { BatchNorm, LayerNorm, type BatchNormOptions, type NormOptions } from './layers/norm.ts';
export type { DynamicOptions, Layer, LinearOptions, Pair, PoolingOptions, WindowOptions } from './layers/options.ts';
export { Residual } from './layers/residual.ts';
export { binaryCrossEntropy, huber, meanSquaredError, softmaxCrossEntropy, type CustomLoss } from './losses.ts';
export { DynamicModel } from './model.ts';
export type { ModelOptions } from './model-options.ts';
export {
  adam,
  adamw,
  constant,
  cosine,
  linear,
  sgd,
  step,
  type AdamOptions,
  type DecayOptions,
  type OptimizerOptions,
} from './optimizers.ts';
export { Predictions } from './predictions.ts';
export { engineInfo, init, shutdown } from './runtime/engine.ts';
export type { LossSpec, TargetSpec } from './runtime/protocol.ts';
export type {
  AxisSummary,
  BlockedChange,
  ChangeReport,
  EpochReport,
  Evaluation,
  FeatureChange,
  GrowthEvent,
  LayerSummary,
  Summary,
} from './runtime/reports.ts';
export type { EngineInfo, Host, InitOptions, ModuleName, Numerics } from './runtime/start-options.ts';
export type {
  ActivationName,
  GrowthSpec,
  LayerSpec,
  ModelSpec,
  OptimizerMethod,
  OptimizerSpec,
  Padding,
  Schedule,
} from './spec.ts';
export type { ModelState, TrainingState } from './state.ts';
