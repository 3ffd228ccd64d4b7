import { checkInteger, checkOneOf, checkOptions } from '../check.ts';
import type { LayerSpec } from '../spec.ts';
import { DynamicConv2D, DynamicConv2DToDense, DynamicDense } from './dynamic.ts';
import {
  Activation,
  AveragePooling2D,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  GlobalAveragePooling2D,
  MaxPooling2D,
} from './fixed.ts';
import { BatchNorm, LayerNorm } from './norm.ts';

const growing = { DynamicDense, DynamicConv2D, DynamicConv2DToDense };
const fixed = { Dense, Conv2D, MaxPooling2D, AveragePooling2D, Dropout, Activation, BatchNorm, LayerNorm };
const bare = { Flatten, GlobalAveragePooling2D };
const types = [...Object.keys(growing), ...Object.keys(fixed), ...Object.keys(bare), 'Add'] as LayerSpec['type'][];

/** Throws `OPTION` unless `layer` is plain data that the layer's class could have written. */
export function checkPlain(layer: LayerSpec, where: string): void {
  const { type, ...rest } = layer as { type: LayerSpec['type'] } & Record<string, unknown>;
  checkOneOf(type, types, `${where} type`);
  if (type in bare) return checkOptions(rest, [], type);
  if (type === 'Add') {
    checkOptions(rest, ['from'], type);
    checkInteger(rest['from'], `${type} from`, 0);
    return;
  }
  // Saved models write an absent choice as null.
  const options = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined));
  if (type in growing) {
    const { growth = {}, ...others } = options;
    checkOptions(growth, ['newWeightStd', 'minInputs', 'minOutputs'], `${type} growth`);
    new growing[type as keyof typeof growing]({ ...others, ...(growth as object) } as never);
  } else {
    new fixed[type as keyof typeof fixed](options as never);
  }
}
