import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { temporaryFolder } from '../../../../test/support/pack.ts';

/** A build needs a second or two, more on a busy machine. */
export const BUILD_MS = 120_000;

/** The built page in a temporary folder. */
export interface Built {
  /** To be served. */
  folder: string;
  /** Of the page in it: not the root, since the page may lie anywhere. */
  path: string;
  remove(): Promise<void>;
}

/** Builds the page. */
export async function buildPage(): Promise<Built> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { path: folder, remove } = await temporaryFolder();
  await build({ root, logLevel: 'warn', build: { outDir: join(folder, 'page'), emptyOutDir: true } });
  return { folder, path: 'page/', remove };
}
