/** The versions of Node that the package is tested in. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A Node of its own version. */
export interface Node {
  version: string;
  path: string;
}

const oldest = fileURLToPath(new URL('./runtimes/node_modules/node-22/bin/node', import.meta.url));

/** The Node that runs the tests, and the oldest line that is supported. */
export const nodes: readonly Node[] = [
  { version: process.version, path: process.execPath },
  { version: execFileSync(oldest, ['--version'], { encoding: 'utf8' }).trim(), path: oldest },
];
