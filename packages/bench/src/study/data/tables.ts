/** Small tables that scikit-learn ships: breast cancer, wine, diabetes. */
import { Dataset } from 'cambium';
import { parts, type Source } from './source.ts';
import { standardised } from './standard.ts';
import { tableIn } from './wheel.ts';

async function table(features: readonly (readonly string[])[], targets: readonly number[], classes?: number): Promise<Source> {
  const x = Float32Array.from(features.flat(), Number);
  const shape = [features[0]!.length];
  const all = await Dataset.from(classes === undefined ? { x, shape, y: Float32Array.from(targets) } : { x, shape, y: Uint8Array.from(targets), classes });
  return { shape, outputs: classes ?? 1, split: async (seed) => standardised(parts(all, [0.6, 0.15, 0.25], seed)) };
}

/** A table whose first line tells rows, features and classes, and whose last column is the class. */
function labelled(wheel: string, name: string): Promise<Source> {
  const [[, , ...classNames], ...rows] = tableIn(wheel, name) as [string[], ...string[][]];
  return table(rows.map((row) => row.slice(0, -1)), rows.map((row) => Number(row.at(-1))), classNames.length);
}

/** 569 rows of 30 features, two classes. */
export function cancer(wheel: string): Promise<Source> {
  return labelled(wheel, 'breast_cancer.csv');
}

/** 178 rows of 13 features, three classes. */
export function wine(wheel: string): Promise<Source> {
  return labelled(wheel, 'wine_data.csv');
}

/** 442 rows of 10 features and a number to predict. */
export function diabetes(wheel: string): Promise<Source> {
  const targets = tableIn(wheel, 'diabetes_target.csv.gz').map(([value]) => Number(value));
  return table(tableIn(wheel, 'diabetes_data_raw.csv.gz'), targets);
}
