/** The package as its users get it: packed, and installed into a folder of its own. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const source = fileURLToPath(new URL('../../packages/cambium', import.meta.url));
/** npm packs and installs in a second or two, offline. */
const NPM_LIMIT_MS = 60_000;

/** What was packed. */
export interface Packed {
  /** The path of the .tgz. */
  tarball: string;
  /** Its size in bytes. */
  bytes: number;
  /** The paths in it. */
  files: string[];
}

/** A folder for one test file, and how to be rid of it. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'cambium-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Packs packages/cambium, as built, into `folder`. */
export async function pack(folder: string): Promise<Packed> {
  const printed = await npm(['pack', source, '--pack-destination', folder, '--ignore-scripts', '--json'], folder);
  const [entry] = JSON.parse(printed) as [{ filename: string; size: number; files: { path: string }[] }];
  return { tarball: join(folder, entry.filename), bytes: entry.size, files: entry.files.map((file) => file.path) };
}

/** Makes `folder` an ES module package with the tarball installed and nothing else. */
export async function install(tarball: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n');
  await npm(['install', tarball, '--offline', '--no-audit', '--no-fund', '--no-package-lock'], folder);
}

async function npm(args: string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', args, { cwd, timeout: NPM_LIMIT_MS, maxBuffer: 2 ** 24 });
  return stdout;
}
