import { checkInteger, checkOptions, checkShape } from './check.ts';
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
  /** First to last; the last linear one gives logits. */
  layers: readonly (Layer | LayerSpec)[];
  /** Seeds every random stream of the model, 0 to 4294967295. @defaultValue 0 */
  seed?: number;
  /** How weights are updated. @defaultValue `adam()` */
  optimizer?: OptimizerSpec;
  /** @defaultValue by the targets: labels softmax cross-entropy, values mean squared error */
  loss?: LossSpec;
}

/** The model for the engine. Throws `OPTION`, `SHAPE`. */
export function toSpec(options: ModelOptions): ModelSpec {
  checkOptions(options, ['input', 'layers', 'seed', 'optimizer', 'loss'], 'DynamicModel.create');
  const { input, layers, seed = 0, optimizer, loss } = options;
  if (typeof loss === 'function') {
    throw new CambiumError(
      'OPTION',
      'loss must be one such as softmaxCrossEntropy(); give a function to fit, trainOnBatch or evaluate',
    );
  }
  return {
    input: checkShape(input, 'input'),
    layers: lowerLayers(input, layers),
    seed: checkInteger(seed, 'seed', 0, 0xffff_ffff),
    ...(optimizer !== undefined && { optimizer: checkOptimizer(optimizer) }),
    ...(loss !== undefined && { loss: checkLoss(loss, 'loss') }),
  };
}
