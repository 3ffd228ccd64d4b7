import { checkBoolean, checkFloat, checkInteger, checkOneOf, show } from '../check.ts';
import { CambiumError } from '../errors.ts';
import type { ActivationName, GrowthSpec, LayerSpec, Padding } from '../spec.ts';

/** One number for both directions, or `[down, across]`. */
export type Pair = number | readonly [number, number];

/** A layer as plain data that knows how to write itself for the engine. It holds no weights. */
export interface Layer {
  /** The name of its class, e.g. `'DynamicDense'`. */
  readonly type: LayerSpec['type'] | 'Residual';
  /**
   * The layer for the engine, or several that take its place. `inputs` is the number of features (channels) that it reads at the
   * start, `index` its place among the layers of the engine.
   */
  lower(inputs: number, index: number): LayerSpec | LayerSpec[];
}

/** What every linear layer takes. */
export interface LinearOptions {
  /** Nonlinearity on the outputs. @defaultValue `'relu'`, and `'linear'` for the last layer */
  activation?: ActivationName;
  /** Whether a bias is added. @defaultValue true; false for `DynamicConv2D` */
  useBias?: boolean;
}

/** What every layer takes whose widths may change. */
export interface DynamicOptions extends LinearOptions {
  /**
   * Standard deviation of the incoming weights, bias and outgoing weights of new features that are tried or asked for; those that
   * `fit` adds without a test change no output yet and do not heed it. @defaultValue 0.1
   */
  newWeightStd?: number;
  /** The layer never has fewer input features (channels). @defaultValue 1 */
  minInputs?: number;
  /** The layer never has fewer output features (channels). @defaultValue 1 */
  minOutputs?: number;
  /** Whether neither width may fall below that of the start; in place of `minInputs` and `minOutputs`. @defaultValue false */
  neverBelowStart?: boolean;
}

/** What every convolution takes. */
export interface WindowOptions {
  /** Window height and width. @defaultValue 3 */
  kernelSize?: Pair;
  /** Step of the window. @defaultValue 2 for `DynamicConv2D`, 1 for `Conv2D` */
  strides?: Pair;
  /** @defaultValue `'same'` for `DynamicConv2D`, `'valid'` for `Conv2D` */
  padding?: Padding;
}

/** What pooling layers take. */
export interface PoolingOptions {
  /** Window height and width. @defaultValue 2 */
  poolSize?: Pair;
  /** Step of the window. @defaultValue `poolSize` */
  strides?: Pair;
  /** @defaultValue `'valid'` */
  padding?: Padding;
}

/** Names of the options of every linear layer. */
export const linear: readonly string[] = ['activation', 'useBias'];
/** Names of the options of every growing layer. */
export const dynamic: readonly string[] = [...linear, 'newWeightStd', 'minInputs', 'minOutputs', 'neverBelowStart'];
/** Names of the nonlinearities. */
export const activations: readonly ActivationName[] = ['linear', 'relu', 'leakyRelu', 'gelu', 'tanh', 'sigmoid'];

/** `value` for both directions. */
export function pair(value: Pair, name: string): [number, number] {
  const both: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  if (both.length !== 2) throw new CambiumError('OPTION', `${name} must be one number or two, not ${show(value)}`);
  return [checkInteger(both[0], name), checkInteger(both[1], name)];
}

/** Throws `OPTION` unless `value` is a padding. */
export function checkPadding(value: unknown, where: string): Padding {
  return checkOneOf(value, ['same', 'valid'], `${where} padding`);
}

/** The part of every linear layer. */
export function linearSpec(options: LinearOptions, where: string): { activation?: ActivationName; useBias?: boolean } {
  return {
    ...(options.activation !== undefined && {
      activation: checkOneOf(options.activation, activations, `${where} activation`),
    }),
    ...(options.useBias !== undefined && { useBias: checkBoolean(options.useBias, `${where} useBias`) }),
  };
}

/** The part of every convolution; `strides` and `padding` are its defaults. */
export function windowSpec(
  options: WindowOptions,
  strides: number,
  padding: Padding,
  where: string,
): { kernelSize: [number, number]; strides: [number, number]; padding: Padding } {
  return {
    kernelSize: pair(options.kernelSize ?? 3, `${where} kernelSize`),
    strides: pair(options.strides ?? strides, `${where} strides`),
    padding: checkPadding(options.padding ?? padding, where),
  };
}

/** The part of every growing layer with these widths at the start. */
export function growthSpec(options: DynamicOptions, inputs: number, outputs: number, where: string): GrowthSpec {
  const { newWeightStd, minInputs, minOutputs, neverBelowStart = false } = options;
  const growth: GrowthSpec = {};
  if (newWeightStd !== undefined) growth.newWeightStd = checkFloat(newWeightStd, `${where} newWeightStd`, 0);
  if (checkBoolean(neverBelowStart, `${where} neverBelowStart`)) {
    if (minInputs !== undefined || minOutputs !== undefined) {
      throw new CambiumError(
        'OPTION',
        `${where}: neverBelowStart stands in place of minInputs and minOutputs; give one or the other`,
      );
    }
    return { ...growth, minInputs: inputs, minOutputs: outputs };
  }
  if (minInputs !== undefined) growth.minInputs = checkInteger(minInputs, `${where} minInputs`);
  if (minOutputs !== undefined) growth.minOutputs = checkInteger(minOutputs, `${where} minOutputs`);
  return growth;
}
