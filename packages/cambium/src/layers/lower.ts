import { checkShape, show } from '../check.ts';
import { CambiumError } from '../errors.ts';
import type { LayerSpec } from '../spec.ts';
import type { Layer } from './options.ts';
import { checkPlain } from './plain.ts';

/**
 * Layers as the engine reads them. Plain specifications pass as they are.
 *
 * @param input - shape of one row; its last number is what the first layer reads
 * @throws CambiumError `SHAPE`, `OPTION`
 */
export function lowerLayers(input: readonly number[], layers: readonly (Layer | LayerSpec)[]): LayerSpec[] {
  return lowerList(layers, 'layers', checkShape(input, 'input').at(-1)!, 0);
}

/**
 * {@link lowerLayers} of a list called `name` in messages, which reads `features` features and whose first layer gets the index
 * `first`.
 */
export function lowerList(layers: readonly (Layer | LayerSpec)[], name: string, features: number, first: number): LayerSpec[] {
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new CambiumError('OPTION', `${name} must be an array of at least one layer, not ${show(layers)}`);
  }
  const list: LayerSpec[] = [];
  layers.forEach((layer: Layer | LayerSpec, index) => {
    if (typeof layer !== 'object' || layer === null || typeof layer.type !== 'string') {
      throw new CambiumError(
        'OPTION',
        `${name}[${index}] must be a layer such as new DynamicDense({ units: 4 }), not ${show(layer)}`,
      );
    }
    const lowers = 'lower' in layer && typeof layer.lower === 'function';
    const lowered = lowers ? layer.lower(features, first + list.length) : (layer as LayerSpec);
    for (const spec of Array.isArray(lowered) ? lowered : [lowered]) {
      checkPlain(spec, `${name}[${index}]`);
      if ('units' in spec) features = spec.units;
      if ('filters' in spec) features = spec.filters;
      list.push(spec);
    }
  });
  return list;
}
