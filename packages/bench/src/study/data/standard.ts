/** Numbers of mean 0 and deviation 1, by the rows to train on. */
import type { Dataset } from 'cambium';
import { deviation, mean } from '../../statistics.ts';
import { each, like, release, type Parts } from './source.ts';

/**
 * Features standardised, each by its own mean and deviation or all `together` by those of all numbers, and targets that are
 * numbers too. The parts given are released.
 */
export async function standardised(of: Parts, together: boolean = false): Promise<Parts> {
  const features = standardiser(of.train.x, together ? 1 : of.train.shape[0]!);
  const targets = of.train.targets.type === 'values' ? standardiser(of.train.y!, 1) : undefined;
  const standard = await each(of, (part: Dataset) => like(part, features(part.x), part.shape, targets ? targets(part.y!) : part.y, 1));
  release(of);
  return standard;
}

type Numbers = Uint8Array | Uint32Array | Float32Array;

/** What takes `columns` columns of numbers to mean 0 and deviation 1, where those of `rows` have them; constant ones to 0. */
function standardiser(rows: Numbers, columns: number): (values: Numbers) => Float32Array {
  const split = Array.from({ length: columns }, (_, column) => Array.from(rows).filter((_, at) => at % columns === column));
  const [means, deviations] = [split.map(mean), split.map(deviation)];
  return (values) => Float32Array.from(values, (value, at) => (value - means[at % columns]!) / (deviations[at % columns]! || 1));
}
