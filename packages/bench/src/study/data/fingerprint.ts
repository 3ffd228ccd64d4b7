/** Which rows a data set holds. */
import { createHash } from 'node:crypto';
import { release, type Source } from './source.ts';

/** A hash of the first split: features and targets, and what becomes of which. */
export async function fingerprint(source: Source): Promise<string> {
  const parts = await source.split(1);
  const hash = createHash('sha256');
  for (const { x, y } of [parts.train, parts.valid, parts.test]) {
    for (const values of [x, y!]) hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  release(parts);
  return hash.digest('hex').slice(0, 12);
}
