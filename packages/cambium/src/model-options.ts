import { checkInteger, checkOptions, checkRates, checkShape, show } from './check.ts';
import { CambiumError } from './errors.ts';
import { lowerLayers } from './layers/lower.ts';
import type { Layer } from './layers/options.ts';
import { checkLoss } from './losses.ts';
import { checkOptimizer } from './optimizer-check.ts';
import type { LossSpec } from './runtime/protocol.ts';
import type { LayerSpec, ModelSpec, OptimizerSpec } from './spec.ts';

/** What `DynamicModel.create` takes; a saved `config` fits too. */
export interface ModelOptions {
  /** Shape of one row: `[features]` or `[height, width, channels]`. */
  input: readonly number[];
  /** The features of a plain row that are read, ascending; the others cost nothing. @defaultValue all */
  usedInputs?: readonly number[];
  /** First to last; the last linear one gives logits. */
  layers: readonly (Layer | LayerSpec)[];
  /** Seeds every random stream of the model, 0 to 4294967295. @defaultValue 0 */
  seed?: number;
  /** How weights are updated. @defaultValue `adam()` */
  optimizer?: OptimizerSpec;
  /** @defaultValue by the targets: labels softmax cross-entropy, values mean squared error */
  loss?: LossSpec;
  /**
   * Nanoseconds of a multiply-add of each layer, one number for each as the engine counts layers, 0 for layers without: what
   * `measureRates` gives, for fits that count microseconds. @defaultValue not measured
   */
  rates?: readonly number[];
}

/** `used` as a list of whole numbers; the engine checks which. Throws `OPTION`. */
function checkUsed(used: readonly number[]): number[] {
  if (!Array.isArray(used)) throw new CambiumError('OPTION', `usedInputs must be an array of numbers, not ${show(used)}`);
  return used.map((feature, index) => checkInteger(feature, `usedInputs[${index}]`, 0));
}

/** The model for the engine. Throws `OPTION`, `SHAPE`. */
export function toSpec(options: ModelOptions): ModelSpec {
  checkOptions(options, ['input', 'usedInputs', 'layers', 'seed', 'optimizer', 'loss', 'rates'], 'DynamicModel.create');
  const { input, usedInputs, layers, seed = 0, optimizer, loss, rates } = options;
  if (typeof loss === 'function') {
    throw new CambiumError(
      'OPTION',
      'loss must be one such as softmaxCrossEntropy(); give a function to fit, trainOnBatch or evaluate',
    );
  }
  return {
    input: checkShape(input, 'input'),
    ...(usedInputs !== undefined && { usedInputs: checkUsed(usedInputs) }),
    layers: lowerLayers(usedInputs === undefined ? input : [usedInputs.length], layers),
    seed: checkInteger(seed, 'seed', 0, 0xffff_ffff),
    ...(optimizer !== undefined && { optimizer: checkOptimizer(optimizer) }),
    ...(loss !== undefined && { loss: checkLoss(loss, 'loss') }),
    ...(rates !== undefined && { rates: checkRates(rates, 'rates') }),
  };
}
