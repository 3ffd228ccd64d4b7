/** Tables inside a wheel of scikit-learn, which is a zip file. */
import { readFileSync } from 'node:fs';
import { gunzipSync, strFromU8, unzipSync } from 'fflate';
import { Failure } from '../../failure.ts';

const FOLDER = 'sklearn/datasets/data/';

/** The lines of one table in the wheel at `path`, packed by gzip or not, each split into its fields. */
export function tableIn(path: string, name: string): string[][] {
  const bytes = fileIn(path, name);
  const text = strFromU8(name.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  return text.trim().split(/\r?\n/).map((line) => line.trim().split(/[\s,]+/));
}

function fileIn(path: string, name: string): Uint8Array {
  const wanted = FOLDER + name;
  let found: Record<string, Uint8Array>;
  try {
    found = unzipSync(readFileSync(path), { filter: (file) => file.name === wanted });
  } catch (error) {
    throw new Failure(`--wheel: ${path} cannot be read as a wheel: ${(error as Error).message}`);
  }
  const bytes = found[wanted];
  if (!bytes) throw new Failure(`--wheel: ${path} has no ${wanted}; is it a wheel of scikit-learn?`);
  return bytes;
}
