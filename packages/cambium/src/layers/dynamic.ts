import { checkInteger, checkOptions } from '../check.ts';
import type { LayerSpec } from '../spec.ts';
import {
  dynamic,
  growthSpec,
  linearSpec,
  windowSpec,
  type DynamicOptions,
  type Layer,
  type WindowOptions,
} from './options.ts';

/** Dense layer whose inputs and outputs may grow and shrink: `y = f(x W + b)`, W of inputs x units. */
export class DynamicDense implements Layer {
  readonly type = 'DynamicDense' as const;
  /** What was asked for. */
  readonly options: Readonly<DynamicOptions & { units: number }>;

  /**
   * @param options - `units`: output features at the start, at least 1
   * @throws CambiumError `OPTION`
   */
  constructor(options: DynamicOptions & { units: number }) {
    checkOptions(options, ['units', ...dynamic], this.type);
    this.options = { ...options, units: checkInteger(options.units, `${this.type} units`) };
    this.lower(1);
  }

  /** The layer for the engine. */
  lower(inputs: number): LayerSpec {
    const { type, options } = this;
    return {
      type,
      units: options.units,
      ...linearSpec(options, type),
      growth: growthSpec(options, inputs, options.units, type),
    };
  }
}

/** Convolution whose channels may grow and shrink: window weights of height x width x inputs x filters. No bias unless asked for. */
export class DynamicConv2D implements Layer {
  readonly type = 'DynamicConv2D' as const;
  /** What was asked for. */
  readonly options: Readonly<DynamicOptions & WindowOptions & { filters: number }>;

  /**
   * @param options - `filters`: output channels at the start, at least 1
   * @throws CambiumError `OPTION`
   */
  constructor(options: DynamicOptions & WindowOptions & { filters: number }) {
    checkOptions(options, ['filters', 'kernelSize', 'strides', 'padding', ...dynamic], this.type);
    this.options = { ...options, filters: checkInteger(options.filters, `${this.type} filters`) };
    this.lower(1);
  }

  /** The layer for the engine. */
  lower(inputs: number): LayerSpec {
    const { type, options } = this;
    return {
      type,
      filters: options.filters,
      ...windowSpec(options, 2, 'same', type),
      ...linearSpec(options, type),
      growth: growthSpec(options, inputs, options.filters, type),
    };
  }
}

/** Dense layer that reads a whole image (rows, columns, channels), so that channels may come and go before it. */
export class DynamicConv2DToDense implements Layer {
  readonly type = 'DynamicConv2DToDense' as const;
  /** What was asked for. */
  readonly options: Readonly<DynamicOptions & { units: number }>;

  /**
   * @param options - `units`: output features at the start, at least 1; `minInputs` counts channels
   * @throws CambiumError `OPTION`
   */
  constructor(options: DynamicOptions & { units: number }) {
    checkOptions(options, ['units', ...dynamic], this.type);
    this.options = { ...options, units: checkInteger(options.units, `${this.type} units`) };
    this.lower(1);
  }

  /** The layer for the engine. */
  lower(inputs: number): LayerSpec {
    const { type, options } = this;
    return {
      type,
      units: options.units,
      ...linearSpec(options, type),
      growth: growthSpec(options, inputs, options.units, type),
    };
  }
}
