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
  let features = checkShape(input, 'input').at(-1)!;
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new CambiumError('OPTION', `layers must be an array of at least one layer, not ${show(layers)}`);
  }
  return layers.map((layer: Layer | LayerSpec, index) => {
    if (typeof layer !== 'object' || layer === null || typeof layer.type !== 'string') {
      throw new CambiumError(
        'OPTION',
        `layers[${index}] must be a layer such as new DynamicDense({ units: 4 }), not ${show(layer)}`,
      );
    }
    const spec = 'lower' in layer && typeof layer.lower === 'function' ? layer.lower(features) : (layer as LayerSpec);
    checkPlain(spec, `layers[${index}]`);
    if ('units' in spec) features = spec.units;
    if ('filters' in spec) features = spec.filters;
    return spec;
  });
}
