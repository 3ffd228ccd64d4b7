import { checkFloat, checkInteger, checkOneOf, checkOptions } from '../check.ts';
import type { ActivationName, LayerSpec, Padding } from '../spec.ts';
import {
  activations,
  checkPadding,
  linear,
  linearSpec,
  pair,
  windowSpec,
  type Layer,
  type LinearOptions,
  type PoolingOptions,
  type WindowOptions,
} from './options.ts';

/** Dense layer of fixed width. Its neighbours keep the widths that it reads and makes. */
export class Dense implements Layer {
  readonly type = 'Dense' as const;
  /** What was asked for. */
  readonly options: Readonly<LinearOptions & { units: number }>;

  /**
   * @param options - `units`: output features, at least 1
   * @throws CambiumError `OPTION`
   */
  constructor(options: LinearOptions & { units: number }) {
    checkOptions(options, ['units', ...linear], this.type);
    this.options = { ...options, units: checkInteger(options.units, `${this.type} units`) };
    this.lower();
  }

  /** The layer for the engine. */
  lower(): LayerSpec {
    return { type: this.type, units: this.options.units, ...linearSpec(this.options, this.type) };
  }
}

/** Convolution of fixed width. Its neighbours keep the widths that it reads and makes. */
export class Conv2D implements Layer {
  readonly type = 'Conv2D' as const;
  /** What was asked for. */
  readonly options: Readonly<LinearOptions & WindowOptions & { filters: number }>;

  /**
   * @param options - `filters`: output channels, at least 1
   * @throws CambiumError `OPTION`
   */
  constructor(options: LinearOptions & WindowOptions & { filters: number }) {
    checkOptions(options, ['filters', 'kernelSize', 'strides', 'padding', ...linear], this.type);
    this.options = { ...options, filters: checkInteger(options.filters, `${this.type} filters`) };
    this.lower();
  }

  /** The layer for the engine. */
  lower(): LayerSpec {
    const { type, options } = this;
    return { type, filters: options.filters, ...windowSpec(options, 1, 'valid', type), ...linearSpec(options, type) };
  }
}

/** An image becomes one row of features, in the order row, column, channel. */
export class Flatten implements Layer {
  readonly type = 'Flatten' as const;

  /** The layer for the engine. */
  lower(): LayerSpec {
    return { type: this.type };
  }
}

/** What both windowed pooling layers share. */
abstract class Pooling<T extends 'MaxPooling2D' | 'AveragePooling2D'> implements Layer {
  abstract readonly type: T;
  readonly #spec: { poolSize: [number, number]; strides?: [number, number]; padding: Padding };

  constructor(type: T, options: PoolingOptions) {
    checkOptions(options, ['poolSize', 'strides', 'padding'], type);
    this.#spec = {
      poolSize: pair(options.poolSize ?? 2, `${type} poolSize`),
      ...(options.strides !== undefined && { strides: pair(options.strides, `${type} strides`) }),
      padding: checkPadding(options.padding ?? 'valid', type),
    };
  }

  /** The layer for the engine. */
  lower(): LayerSpec {
    return { type: this.type, ...this.#spec };
  }
}

/** Largest value of each window, per channel. */
export class MaxPooling2D extends Pooling<'MaxPooling2D'> {
  readonly type = 'MaxPooling2D' as const;

  /** @throws CambiumError `OPTION` */
  constructor(options: PoolingOptions = {}) {
    super('MaxPooling2D', options);
  }
}

/** Mean of each window, per channel; the zeros beyond the border are not counted. */
export class AveragePooling2D extends Pooling<'AveragePooling2D'> {
  readonly type = 'AveragePooling2D' as const;

  /** @throws CambiumError `OPTION` */
  constructor(options: PoolingOptions = {}) {
    super('AveragePooling2D', options);
  }
}

/** Mean over all positions, per channel. */
export class GlobalAveragePooling2D implements Layer {
  readonly type = 'GlobalAveragePooling2D' as const;

  /** The layer for the engine. */
  lower(): LayerSpec {
    return { type: this.type };
  }
}

/** In training sets each value to zero with probability `rate` and scales the others by `1 / (1 - rate)`. */
export class Dropout implements Layer {
  readonly type = 'Dropout' as const;
  /** Probability of a zero. */
  readonly rate: number;

  /**
   * @param options - `rate`: from 0 to below 1
   * @throws CambiumError `OPTION`
   */
  constructor(options: { rate: number }) {
    checkOptions(options, ['rate'], this.type);
    this.rate = checkFloat(options.rate, 'Dropout rate', 0, 1, 'most');
  }

  /** The layer for the engine. */
  lower(): LayerSpec {
    return { type: this.type, rate: this.rate };
  }
}

/** A nonlinearity as a layer of its own. */
export class Activation implements Layer {
  readonly type = 'Activation' as const;
  /** Which one. */
  readonly activation: ActivationName;

  /**
   * @param options - `activation`: its name
   * @throws CambiumError `OPTION`
   */
  constructor(options: { activation: ActivationName }) {
    checkOptions(options, ['activation'], this.type);
    this.activation = checkOneOf(options.activation, activations, 'Activation activation');
  }

  /** The layer for the engine. */
  lower(): LayerSpec {
    return { type: this.type, activation: this.activation };
  }
}
