/** Features of mean 0 and deviation 1, by the rows to train on. */
import type { Dataset } from 'cambium';
import { deviation, mean } from '../../statistics.ts';
import { each, like, type Parts } from './source.ts';

/** Every feature standardised, and targets that are numbers too. */
export async function standardised(of: Parts): Promise<Parts> {
  const features = standardiser(of.train.x as Float32Array, of.train.shape[0]!);
  const targets = of.train.targets.type === 'values' ? standardiser(of.train.y as Float32Array, 1) : (y: Float32Array) => y;
  return each(of, (part: Dataset) => like(part, features(part.x as Float32Array), part.shape, targets(part.y as Float32Array)));
}

/** What takes rows of so many features to mean 0 and deviation 1, where `rows` have them; constant ones to 0. */
function standardiser(rows: Float32Array, features: number): (values: Float32Array) => Float32Array {
  const columns = Array.from({ length: features }, (_, column) => [...rows].filter((_, at) => at % features === column));
  const [means, deviations] = [columns.map(mean), columns.map(deviation)];
  return (values) => values.map((value, at) => (value - means[at % features]!) / (deviations[at % features]! || 1));
}
