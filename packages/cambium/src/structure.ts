import {
  toChange,
  toJudge,
  typedChange,
  type ContractOptions,
  type DropInputOptions,
  type ExpandOptions,
  type JudgeOptions,
  type StructuralChange,
} from './changes.ts';
import { checkInteger } from './check.ts';
import { explained } from './event.ts';
import type { Data, Handle } from './handle.ts';
import type { AxisSummary, ChangeReport, GrowthEvent, Summary } from './runtime/reports.ts';

/** The part of a `DynamicModel` that shows and changes its structure. */
export abstract class Structure {
  /** The model inside the engine. */
  protected readonly handle: Handle;
  #inputShape: readonly number[];

  protected constructor(handle: Handle, inputShape: readonly number[]) {
    this.handle = handle;
    this.#inputShape = inputShape;
  }

  /** Shape of one row. */
  get inputShape(): readonly number[] {
    return this.#inputShape;
  }

  /**
   * One step of the method `'stochastic'`: a coin decides to add or to remove one random feature on a random axis; undone exactly where
   * loss + weightPenalty x weights on `data` rises, kept where it is equal or lower.
   *
   * @throws CambiumError `OPTION`, `SHAPE`, `STRUCTURE` (no axis can grow), `LABEL`, `NOT_FINITE`
   */
  async updateFeatures(data: Data, judge: JudgeOptions = {}): Promise<GrowthEvent> {
    const spec = toJudge(judge, 'updateFeatures');
    return explained(await this.handle.with(data, 'updateFeatures', (id) => this.handle.send('updateFeatures', id, spec)));
  }

  /** As `updateFeatures`, but always tries to add. @throws CambiumError `OPTION`, `SHAPE`, `STRUCTURE`, `LABEL`, `NOT_FINITE` */
  async stochasticAddFeature(data: Data, judge: JudgeOptions = {}): Promise<GrowthEvent> {
    const spec = toJudge(judge, 'stochasticAddFeature');
    return explained(await this.handle.with(data, 'stochasticAddFeature', (id) => this.handle.send('stochasticAddFeature', id, spec)));
  }

  /**
   * Makes any change of structure, measures loss + weightPenalty x weights on `data` before and after, and keeps the change
   * if that does not rise, else undoes it to the bit.
   *
   * @throws CambiumError `OPTION`, `INDEX`, `SHAPE`, `STRUCTURE`, `LABEL`, `NOT_FINITE`
   */
  async tryChange(change: StructuralChange, data: Data, judge: JudgeOptions = {}): Promise<GrowthEvent> {
    const [spec, judged] = [toChange(change, 'tryChange'), toJudge(judge, 'tryChange')];
    return explained(await this.handle.with(data, 'tryChange', (id) => this.handle.send('tryChange', spec, id, judged)));
  }

  /** Adds one feature, unconditionally. @throws CambiumError `OPTION`, `INDEX`, `SHAPE`, `STRUCTURE`, `OUT_OF_MEMORY` */
  async expand(options: ExpandOptions = {}): Promise<ChangeReport> {
    return this.handle.call('applyChange', typedChange('expand', options));
  }

  /** Removes one feature, unconditionally; the report says if a minimum width blocked it. @throws CambiumError `OPTION`, `INDEX`, `STRUCTURE` */
  async contract(options: ContractOptions = {}): Promise<ChangeReport> {
    return this.handle.call('applyChange', typedChange('contract', options));
  }

  /**
   * Removes every feature whose outgoing weights have an L1 norm below `threshold`, down to the minimum widths.
   *
   * @param threshold - at least 0. @defaultValue 0.01
   * @throws CambiumError `OPTION`
   */
  async prune(threshold: number = 0.01): Promise<ChangeReport> {
    return this.handle.call('applyChange', typedChange('prune', { threshold }));
  }

  /**
   * Drops a feature of the rows: its weights go, and rows, predictions and saved arrays keep it. Rows must be plain (`[features]`)
   * and the first layer dynamic.
   *
   * @throws CambiumError `OPTION`, `INDEX`, `STRUCTURE` (not in use, or the fewest inputs that the first layer may have)
   */
  async dropInput(options: DropInputOptions): Promise<ChangeReport> {
    return this.handle.call('applyChange', typedChange('dropInput', options));
  }

  /** Reads a dropped feature of the rows again, with weights of zero. @throws CambiumError `OPTION`, `INDEX`, `STRUCTURE` */
  async restoreInput(options: { input: number }): Promise<ChangeReport> {
    return this.handle.call('applyChange', typedChange('restoreInput', options));
  }

  /**
   * Puts a layer close to the identity on a hidden axis, right behind the first layer that makes its features. On the stream of a
   * residual block all that read the stream then read the new layer.
   *
   * @throws CambiumError `OPTION`, `INDEX`, `STRUCTURE`
   */
  async addLayer(options: { axis: number }): Promise<ChangeReport> {
    return this.handle.call('applyChange', typedChange('addLayer', options));
  }

  /**
   * Merges linear layer `layer` with the next linear one into one map.
   *
   * @throws CambiumError `OPTION`, `INDEX`; `STRUCTURE` where they cannot be merged: layers other than dense or of fixed width, a
   * norm between them, a stream that several layers make or read
   */
  async removeLayer(options: { layer: number }): Promise<ChangeReport> {
    return this.handle.call('applyChange', typedChange('removeLayer', options));
  }

  /**
   * Takes `count` more outputs, behind the present ones, for classes or values that were not known before: data may have
   * them from now on. The last layer with weights, fixed or dynamic, gets them with weights of zero; the present outputs stay
   * as they are, and so do the moments and ages of their weights. Where it gives an image, each position gets `count` more.
   *
   * @param count - at least 1. @defaultValue 1
   * @throws CambiumError `OPTION`, `BUSY` (during a fit), `OUT_OF_MEMORY`, `STRUCTURE` (a layer norm over the outputs, or
   *   inputs that are added to them)
   */
  async addOutputs(count: number = 1): Promise<ChangeReport> {
    return this.#extend('addOutputs', count);
  }

  /**
   * Takes `count` more inputs: columns behind the present ones of each row, or channels behind those of each image. What
   * reads the inputs, fixed or dynamic, gets them with weights of zero, so that the outputs stay as they are until
   * training; moments and ages of the present weights stay too. `inputShape` is then that of the longer rows, and data and
   * states of the old shape are refused.
   *
   * @param count - at least 1. @defaultValue 1
   * @throws CambiumError `OPTION`, `BUSY` (during a fit), `OUT_OF_MEMORY`, `STRUCTURE` (a layer norm over the inputs, or
   *   inputs that are added to the outputs)
   */
  async addInputs(count: number = 1): Promise<ChangeReport> {
    const report = await this.#extend('addInputs', count);
    const shape = this.#inputShape;
    this.#inputShape = [...shape.slice(0, -1), shape.at(-1)! + count];
    return report;
  }

  #extend(type: 'addInputs' | 'addOutputs', count: number): Promise<ChangeReport> {
    this.handle.checkIdle(type);
    return this.handle.call('applyChange', { type, count: checkInteger(count, `${type} count`) });
  }

  /**
   * Gives back memory that widths of the past needed: room kept in the weights, and all buffers of training, which the next
   * step makes anew. Results do not change. The engine's memory itself never shrinks; what is given back is used again.
   *
   * @throws CambiumError `OUT_OF_MEMORY`: some arrays may then keep their room
   */
  async compact(): Promise<void> {
    await this.handle.call('compact');
  }

  /**
   * The decisions about the structure in the model's life, oldest first, in `fit` and by hand. They are part of the model's
   * state: `save` and `getState` hold them; `load`, `restore` and `setState` bring those of the state back. A `fit` that goes
   * back to the start of an epoch forgets those since then. At most 4096 are remembered: then the oldest tries that were
   * undone or blocked go first, and the oldest changes where there are no such tries.
   *
   * @throws CambiumError `DISPOSED`, `ENGINE_DIED`
   */
  async events(): Promise<GrowthEvent[]> {
    return (await this.handle.call('events')).map(explained);
  }

  /** Number of trainable numbers, biases included. @throws CambiumError `DISPOSED`, `ENGINE_DIED` */
  async weightCount(): Promise<number> {
    return (await this.structure()).weightCount;
  }

  /** Number of features on each hidden axis, first to last. @throws CambiumError `DISPOSED`, `ENGINE_DIED` */
  async widths(): Promise<number[]> {
    return (await this.structure()).widths;
  }

  /** The hidden feature axes: widths, minima, whether they can grow and why not. @throws CambiumError `DISPOSED`, `ENGINE_DIED` */
  async axes(): Promise<AxisSummary[]> {
    return (await this.structure()).axes;
  }

  /** Layers, axes and counts as data. @throws CambiumError `DISPOSED`, `ENGINE_DIED` */
  async structure(): Promise<Summary> {
    return this.handle.call('summary');
  }

  /** Layers, axes and counts as a table to print. @throws CambiumError `DISPOSED`, `ENGINE_DIED` */
  async summary(): Promise<string> {
    // Programs that print no table need not load what makes it. The structure is that of this moment, so it is asked for first.
    const [structure, { summaryText }] = await Promise.all([this.structure(), import('./summary-text.ts')]);
    return summaryText(structure, this.#inputShape.reduce((product, size) => product * size));
  }
}
