// Writes src/data/digits-packed.ts from scikit-learn's digits.csv.gz (in the wheel: sklearn/datasets/data/digits.csv.gz).
// Usage: node scripts/make-digits.mjs path/to/digits.csv.gz
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

const file = process.argv[2];
if (!file) throw new Error('usage: node scripts/make-digits.mjs path/to/digits.csv.gz');
const rows = gunzipSync(readFileSync(file)).toString().trim().split('\n').map((line) => line.split(',').map(Number));
const sound = rows.length === 1797 && rows.every((row) => row.length === 65 && row.every((n) => n >= 0 && n <= 16));
if (!sound) throw new Error(`${file} is not the digits data set: 1,797 rows of 64 pixels (0 to 16) and a label`);

// All pixels row by row, then all labels, one byte each.
const bytes = Uint8Array.from([...rows.flatMap((row) => row.slice(0, 64)), ...rows.map((row) => row[64])]);
const packed = gzipSync(bytes, { level: 9 }).toString('base64');
const text = `// Made by scripts/make-digits.mjs; not to be edited. Data: E. Alpaydin & C. Kaynak, "Optical Recognition of Handwritten
// Digits", UCI Machine Learning Repository (1998), https://doi.org/10.24432/C50P49, licensed under CC BY 4.0.

/** 1,797 x 64 pixels and then 1,797 labels, one byte each, as gzip in base64. */
export const packed: string =
  '${packed}';
`;
writeFileSync(new URL('../src/data/digits-packed.ts', import.meta.url), text);
console.log(`${rows.length} digits in ${text.length} bytes`);
