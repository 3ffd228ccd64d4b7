import { isNested, type NestedArray, type NumberArray } from './arrays.ts';
import { checkBoolean, checkInteger, checkOptions, show } from './check.ts';
import { customEvaluate, customStep } from './custom.ts';
import type { DatasetOptions } from './dataset.ts';
import { CambiumError } from './errors.ts';
import { runFit } from './fit.ts';
import { FitControl } from './fit-control.ts';
import type { FitOptions } from './fit-options.ts';
import { FitRun } from './fit-run.ts';
import { readSafetensors, writeSafetensors, type Tensor } from './formats/safetensors.ts';
import { Handle, type Data } from './handle.ts';
import { checkCustomLoss, type CustomLoss } from './losses.ts';
import { toSpec, type ModelOptions } from './model-options.ts';
import { checkOptimizer } from './optimizer-check.ts';
import { Predictions } from './predictions.ts';
import { engine } from './runtime/engine.ts';
import type { Evaluation } from './runtime/reports.ts';
import type { OptimizerSpec } from './spec.ts';
import { formatState, parseState, type ModelState } from './state.ts';
import { Structure } from './structure.ts';

const registry = new FinalizationRegistry<Handle>((handle) => handle.dispose());

/**
 * A network whose widths can change. It lives inside the engine; free it with `dispose()` or `using` (a model that is no
 * longer reachable is freed in time). All methods are async: await one before the next where the order matters. Each takes
 * effect as a whole; what is called during a step with a loss of your own waits for the end of that step. They reject with a
 * `CambiumError`; one that rejects has changed nothing, except for `fit`, which says what it keeps. After `dispose` all of
 * them reject with `DISPOSED`, and after the end of the engine with `ENGINE_DIED`.
 */
export class DynamicModel extends Structure {
  private constructor(handle: Handle, inputShape: readonly number[]) {
    super(handle, inputShape);
    registry.register(this, handle, this);
  }

  /**
   * A new model with random weights: normal, of variance 2 / inputs before ReLU, leaky ReLU and GELU (He et al. 2015) and
   * 1 / inputs elsewhere; biases zero.
   *
   * @throws CambiumError `OPTION`, `SHAPE`, `OUT_OF_MEMORY`
   */
  static async create(options: ModelOptions): Promise<DynamicModel> {
    const spec = toSpec(options);
    const host = await engine();
    return new DynamicModel(new Handle(host, await host.call('modelCreate', JSON.stringify(spec))), spec.input);
  }

  /**
   * A model from the bytes of `save`: weights, optimiser, random streams, everything. It can grow on.
   *
   * @throws CambiumError `STATE`: what is missing, left over or of the wrong shape; `OUT_OF_MEMORY`
   */
  static async load(bytes: Uint8Array): Promise<DynamicModel> {
    const { config } = parseState(bytes);
    const host = await engine();
    return new DynamicModel(new Handle(host, await host.call('modelLoad', bytes)), config.input);
  }

  /** The whole model as a safetensors file. A model loaded from it trains on to the same bits. @throws CambiumError `NOT_FINITE` (some weights are not finite), `OUT_OF_MEMORY`, `DISPOSED`, `ENGINE_DIED` */
  async save(): Promise<Uint8Array> {
    return this.handle.call('modelSave');
  }

  /**
   * Goes back to what `save` gave, structure included.
   *
   * @throws CambiumError `STATE`, `SHAPE` (another input shape), `BUSY` during a fit
   */
  async restore(bytes: Uint8Array): Promise<void> {
    this.handle.checkIdle('restore');
    const { config } = parseState(bytes);
    if (config.input.join() !== this.inputShape.join()) {
      throw new CambiumError(
        'SHAPE',
        `the state is for rows of shape [${config.input.join(', ')}], the model for [${this.inputShape.join(', ')}]`,
      );
    }
    await this.handle.call('modelRestore', bytes);
  }

  /** A copy of everything that makes up the model, as arrays by key. @throws CambiumError `NOT_FINITE` (some weights are not finite), `OUT_OF_MEMORY`, `DISPOSED`, `ENGINE_DIED` */
  async getState(): Promise<Required<ModelState>> {
    return parseState(await this.save());
  }

  /**
   * Replaces everything, structure included. Without `training` the step count, the random streams and the decisions stay.
   *
   * @throws CambiumError `STATE`: what is missing, left over or of the wrong shape; `SHAPE`, `BUSY`
   */
  async setState(state: ModelState): Promise<void> {
    this.handle.checkIdle('setState');
    if (typeof state !== 'object' || state === null)
      throw new CambiumError('STATE', `a state has config and tensors, not ${show(state)}`);
    const training = state.training ?? (await this.getState()).training;
    await this.restore(formatState({ ...state, training }));
  }

  /**
   * Trains on `data`. What is refused before the first step has changed nothing, the optimiser included. Where a loss or a
   * weight stops being a finite number, `fit` rejects with `NOT_FINITE` and the model goes back to the start of that epoch,
   * structure included; so it does with a loss of your own. An abort (see `signal`) and an error thrown in a callback or in
   * a loss of your own keep the weights reached, and the optimiser of the fit.
   *
   * Other methods may be called meanwhile, and other models used or fitted: steps run in groups of about 10 milliseconds,
   * and what is asked for comes between two groups. So `predict` and `evaluate` answer with the weights of that moment.
   *
   * @returns the promise of the `History`, with `pause`, `resume` and `stop`; loop over it with `for await` for one epoch
   *   after the other
   * @throws CambiumError `OPTION`, `SHAPE`, `LABEL`, `NOT_FINITE`, `BUSY` (another fit is running), `ABORTED`, `OUT_OF_MEMORY`,
   *   `DISPOSED`, `ENGINE_DIED`
   */
  fit(data: Data, options: FitOptions = {}): FitRun {
    const control = new FitControl(this.handle);
    return new FitRun(control, this.#fit(data, options, control));
  }

  async #fit(data: Data, options: FitOptions, control: FitControl): Promise<void> {
    this.handle.checkIdle('fit');
    this.handle.fitting = control;
    try {
      await this.handle.with(data, 'fit', (_, dataset) => runFit(this, this.handle, dataset, options, control));
    } finally {
      // A hook at its end may have begun another.
      if (this.handle.fitting === control) this.handle.fitting = undefined;
    }
  }

  /**
   * Mean loss over all rows and, for cross-entropies, the share of right ones.
   *
   * @param options - `batchSize`: rows at a time (@defaultValue 100), without effect on the result; `loss`: one of your own
   * @throws CambiumError `OPTION`, `SHAPE`, `LABEL`, `NOT_FINITE`
   */
  async evaluate(data: Data, options: { batchSize?: number; loss?: CustomLoss } = {}): Promise<Evaluation> {
    checkOptions(options, ['batchSize', 'loss'], 'evaluate');
    const { batchSize = 100, loss } = options;
    checkInteger(batchSize, 'batchSize');
    if (loss !== undefined) checkCustomLoss(loss, 'evaluate');
    return this.handle.with(data, 'evaluate', (id, dataset) =>
      loss !== undefined
        ? customEvaluate(this.handle, id, dataset, loss)
        : this.handle.send('evaluate', id, Math.min(batchSize, dataset.rows)),
    );
  }

  /**
   * The outputs for rows of `x`: probabilities where the loss is a cross-entropy (softmax or sigmoid), raw outputs else.
   *
   * @param x - a data set; rows as `Dataset.from` takes them (`{ x, scale: 1 / 255 }`, with the model's input shape as
   *   default); or a typed or nested array
   * @param options - `logits`: raw outputs in any case. @defaultValue false
   * @throws CambiumError `OPTION`, `SHAPE`, `NOT_FINITE`
   */
  async predict(x: Data | NumberArray | NestedArray, options: { logits?: boolean } = {}): Promise<Predictions> {
    checkOptions(options, ['logits'], 'predict');
    const logits = checkBoolean(options.logits ?? false, 'logits');
    const bare = ArrayBuffer.isView(x) || Array.isArray(x);
    const given = (bare ? { x, shape: this.inputShape } : x) as Data;
    const open = typeof given === 'object' && given !== null && 'x' in given && given.shape === undefined;
    const data = open && !isNested(given.x) ? ({ ...given, shape: this.inputShape } as DatasetOptions) : given;
    return this.handle.with(
      data,
      'predict',
      async (id, dataset) => new Predictions(await this.handle.send('predict', id, logits), dataset.rows),
    );
  }

  /**
   * One optimiser step on all rows of `data`. The loss is that before the step.
   *
   * @param options - `loss`: one of your own
   * @throws CambiumError `OPTION`, `SHAPE`, `LABEL`, `NOT_FINITE` (the model is as before)
   */
  async trainOnBatch(data: Data, options: { loss?: CustomLoss } = {}): Promise<Evaluation> {
    checkOptions(options, ['loss'], 'trainOnBatch');
    const { loss } = options;
    if (loss !== undefined) checkCustomLoss(loss, 'trainOnBatch');
    return this.handle.with(data, 'trainOnBatch', (id, dataset) =>
      loss !== undefined ? customStep(this.handle, id, dataset, loss) : this.handle.send('trainOnBatch', id),
    );
  }

  /**
   * Gradients of the mean loss over all rows of `data`, under the keys and in the shapes of `getState` (weights only).
   *
   * @throws CambiumError `SHAPE`, `LABEL`, `NOT_FINITE`
   */
  async gradients(data: Data): Promise<Record<string, Tensor>> {
    return this.handle.with(
      data,
      'gradients',
      async (id) => readSafetensors(await this.handle.send('gradients', id)).tensors,
    );
  }

  /**
   * One optimiser step with gradients of your own, in the form of `gradients`.
   *
   * @throws CambiumError `OPTION`; `STATE`: a key that is missing, left over or of the wrong shape; `NOT_FINITE`
   */
  async applyGradients(gradients: Readonly<Record<string, Tensor>>): Promise<void> {
    if (typeof gradients !== 'object' || gradients === null)
      throw new CambiumError('OPTION', `applyGradients needs an object as gradients() gives it, not ${show(gradients)}`);
    await this.handle.call('applyGradients', writeSafetensors(gradients));
  }

  /** Replaces the optimiser's rule and numbers; its moments stay where the rule stays. @throws CambiumError `OPTION` */
  async setOptimizer(optimizer: OptimizerSpec): Promise<void> {
    await this.handle.call('setOptimizer', JSON.stringify(checkOptimizer(optimizer)));
  }

  /**
   * Measures on this machine, with the engine's threads, what a multiply-add of each layer takes in a step, forward and back with
   * all that follows up to the next layer with weights: for `growth.rates` of a `fit`. Each layer is trained by itself for about
   * 0.3 seconds, at least 32 features wide where its widths can change; measure while nothing else runs. The model is not
   * changed.
   *
   * @returns nanoseconds, one number for each of `structure().layers`, 0 for layers without weights or with norms alone
   * @throws CambiumError `NOT_FINITE` (some weights are not finite), `OUT_OF_MEMORY`, `OPTION` (a platform whose clock stands still
   *   while code runs, as that of workerd may)
   */
  async measureRates(): Promise<number[]> {
    // Few need it, so it is no part of what every page loads.
    const { measureRates } = await import('./rates.ts');
    const rates = await measureRates(this.handle, parseState(await this.handle.call('modelSave')).config);
    if (rates.includes(Infinity)) {
      throw new CambiumError('OPTION', 'no time can be measured here: the clock stands still while code runs; give growth.rates, measured elsewhere');
    }
    return rates;
  }

  /** Whether `dispose` was called. */
  get disposed(): boolean {
    return this.handle.disposed;
  }

  /** Frees the engine's memory after the calls that are pending. A second call does nothing. */
  dispose(): void {
    registry.unregister(this);
    this.handle.dispose();
  }

  /** As `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
