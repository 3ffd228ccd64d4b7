import { checkFloat, checkInteger, checkNumber, checkOptions, show } from './check.ts';
import { CambiumError } from './errors.ts';
import { checkLoss } from './losses.ts';
import type { Change, Judge, LossSpec } from './runtime/protocol.ts';

/**
 * Weights of a feature to come, in the order of `getState`. What is absent is drawn: the axis uniformly, weights with the
 * layers' `newWeightStd`. Where several layers make or read the features, their weights lie one behind the other; one that does
 * both, as the only layer of a residual block, reads the new feature too. Norms on the axis give it gain 1 and shift 0.
 */
export interface ExpandOptions {
  /** The hidden axis. @defaultValue a random one that can grow */
  axis?: number;
  /**
   * Incoming weights, the new column of the layer that makes the axis: inputs for a dense layer, height x width x inputs
   * for a convolution, inputs x positions for convolution-to-dense. @defaultValue drawn
   */
  incoming?: ArrayLike<number>;
  /** Bias of the feature, in all layers that make it. @defaultValue drawn */
  bias?: number;
  /**
   * Outgoing weights, the new rows of the layer that reads the axis: outputs for a dense layer, height x width x outputs
   * for a convolution, positions x outputs for convolution-to-dense. @defaultValue drawn
   */
  outgoing?: ArrayLike<number>;
}

/** A feature to go. */
export interface ContractOptions {
  /** The hidden axis. @defaultValue a random one of those whose width can change; at its least width it is blocked */
  axis?: number;
  /** The feature's place on it. @defaultValue a random one */
  index?: number;
}

/** A feature that makes way for a random one, drawn as those of `expand` are, which stands where it stood. */
export interface ReplaceOptions {
  /** The hidden axis. @defaultValue a random one of those whose width can change */
  axis?: number;
  /** The feature's place on it. @defaultValue a random one */
  index?: number;
}

/** A feature of the rows that is no longer read. */
export interface DropInputOptions {
  /** Which feature of a row, from 0. */
  input: number;
  /** What stands in for it, e.g. its mean over the training rows. @defaultValue 0 */
  constant?: number;
}

/** A change of structure, for `tryChange`. */
export type StructuralChange =
  | ({ type: 'expand' } & ExpandOptions)
  | ({ type: 'contract' } & ContractOptions)
  | ({ type: 'replace' } & ReplaceOptions)
  | { type: 'prune'; threshold?: number }
  | ({ type: 'dropInput' } & DropInputOptions)
  | { type: 'restoreInput'; input: number }
  | { type: 'addLayer'; axis: number }
  | { type: 'removeLayer'; layer: number };

/** How a change is judged: it is kept if loss + weightPenalty x weights does not rise. */
export interface JudgeOptions {
  /** @defaultValue the model's loss */
  loss?: LossSpec;
  /** What one weight costs, in units of the loss, at least 0. @defaultValue 0 */
  weightPenalty?: number;
}

function weights(values: ArrayLike<number>, name: string): number[] {
  if (typeof values !== 'object' || values === null || typeof values.length !== 'number') {
    throw new CambiumError('OPTION', `${name} must be an array of numbers, not ${show(values)}`);
  }
  const list: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i];
    if (typeof value !== 'number') throw new CambiumError('OPTION', `${name}[${i}] must be a number, not ${show(value)}`);
    if (!Number.isFinite(Math.fround(value))) {
      const why = Number.isFinite(value) ? 'is too large for a 32-bit float' : 'is not a finite number';
      throw new CambiumError('NOT_FINITE', `${name}[${i}] is ${value}, which ${why}`);
    }
    list.push(value);
  }
  return list;
}

const known = {
  expand: ['type', 'axis', 'incoming', 'bias', 'outgoing'],
  contract: ['type', 'axis', 'index'],
  replace: ['type', 'axis', 'index'],
  prune: ['type', 'threshold'],
  dropInput: ['type', 'input', 'constant'],
  restoreInput: ['type', 'input'],
  addLayer: ['type', 'axis'],
  removeLayer: ['type', 'layer'],
};

/** The change of `type` for the engine, from options without a type. Throws `OPTION`, `NOT_FINITE`. */
export function typedChange<T extends StructuralChange['type']>(
  type: T,
  options: Omit<Extract<StructuralChange, { type: T }>, 'type'>,
): Change {
  checkOptions(options, known[type].slice(1), type);
  return toChange({ ...options, type } as StructuralChange, type);
}

/** The change for the engine. Throws `OPTION`, `NOT_FINITE`. */
export function toChange(change: StructuralChange, where: string): Change {
  const type: unknown = (change as StructuralChange | undefined)?.type;
  if (typeof type !== 'string' || !Object.hasOwn(known, type)) {
    throw new CambiumError(
      'OPTION',
      `${where}: the change must have a type of ${Object.keys(known).join(', ')}, not ${show(type)}`,
    );
  }
  checkOptions(change, known[change.type], where);
  switch (change.type) {
    case 'expand': {
      const { axis, incoming, bias, outgoing } = change;
      return {
        type: 'expand',
        ...(axis !== undefined && { axis: checkInteger(axis, 'axis', 0) }),
        ...(incoming !== undefined && { incoming: weights(incoming, 'incoming') }),
        ...(bias !== undefined && { bias: checkFloat(bias, 'bias') }),
        ...(outgoing !== undefined && { outgoing: weights(outgoing, 'outgoing') }),
      };
    }
    case 'contract':
    case 'replace': {
      const { type, axis, index } = change;
      return {
        type,
        ...(axis !== undefined && { axis: checkInteger(axis, 'axis', 0) }),
        ...(index !== undefined && { index: checkInteger(index, 'index', 0) }),
      };
    }
    case 'prune':
      return { type: 'prune', threshold: checkFloat(change.threshold === undefined ? 0.01 : change.threshold, 'threshold', 0) };
    case 'dropInput': {
      const { input, constant = 0 } = change;
      return { type: 'dropInput', input: checkInteger(input, 'input', 0), constant: checkFloat(constant, 'constant') };
    }
    case 'restoreInput':
      return { type: 'restoreInput', input: checkInteger(change.input, 'input', 0) };
    case 'addLayer':
      return { type: 'addLayer', axis: checkInteger(change.axis, 'axis', 0) };
    case 'removeLayer':
      return { type: 'removeLayer', layer: checkInteger(change.layer, 'layer', 0) };
  }
}

/** The judge for the engine. Throws `OPTION`. */
export function toJudge(options: JudgeOptions, where: string): Judge {
  checkOptions(options, ['loss', 'weightPenalty'], where);
  const { loss, weightPenalty = 0 } = options;
  return {
    ...(loss !== undefined && { loss: checkLoss(loss, `${where} loss`) }),
    weightPenalty: checkNumber(weightPenalty, 'weightPenalty', 0),
  };
}
