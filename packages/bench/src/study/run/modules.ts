/** Which build of the engine computes. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../../../cambium/wasm/', import.meta.url);

/** A hash of all modules, of which the processor chooses one: equal hashes give equal numbers. */
export function modulesHash(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.wasm')).sort()) hash.update(name).update(readFileSync(new URL(name, folder)));
  return hash.digest('hex').slice(0, 12);
}
