/** How large the engine's modules are. */
import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { ModuleRow } from '../results.ts';

const folder = new URL('../../../cambium/wasm/', import.meta.url);

/** Sizes of all modules, as they are and packed by gzip at its best. */
export async function modules(): Promise<ModuleRow[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.wasm')).sort();
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(new URL(name, folder));
      return { module: name.replace('.wasm', ''), bytes: bytes.length, gzipBytes: gzipSync(bytes, { level: 9 }).length };
    }),
  );
}
