/** Small apps with the packed tarball installed, one for each bundler, in a temporary folder. */
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, pack, temporaryFolder } from '../support/pack.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Where an app lies that is built or served as the folder of this name here says. */
export type AppName = 'vite' | 'vite-7' | 'webpack' | 'esbuild' | 'plain' | 'loading';

/** The folders of apps, and how to be rid of them. */
export interface Apps {
  make(name: AppName): Promise<string>;
  remove(): Promise<void>;
}

/** Packs and installs once; `make` copies. */
export async function apps(): Promise<Apps> {
  const { path, remove } = await temporaryFolder();
  const installed = join(path, 'installed');
  await install((await pack(path)).tarball, installed);
  const make = async (name: AppName): Promise<string> => {
    const folder = join(path, name);
    for (const source of [installed, join(here, 'app'), join(here, name)]) await cp(source, folder, { recursive: true });
    // Its build imports the bundler, which is installed in the workspace.
    if (name === 'esbuild') await symlink(join(here, 'node_modules/esbuild'), join(folder, 'node_modules/esbuild'));
    return folder;
  };
  return { make, remove };
}
