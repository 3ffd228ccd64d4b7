/** The versions of Node that the package is tested in. */
import { execFile, execFileSync } from 'node:child_process';
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

const folder = fileURLToPath(new URL('../packages/examples/', import.meta.url));
/** Start, work and end take a second or two; the rest is for a busy machine. */
const LIMIT_MS = 50_000;

/** How a program ended. */
export interface Ended {
  stdout: string;
  stderr: string;
  code: number | null;
}

/** Runs `program`, which finds the package by its name, in a process of its own. It has to end by itself. */
export function runProgram(node: string, program: string, flags: string[] = []): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const args = [...flags, '--input-type=module', '--eval', program];
    execFile(node, args, { cwd: folder, timeout: LIMIT_MS }, (error, stdout, stderr) => {
      if (error?.killed) reject(new Error(`the program did not end within ${LIMIT_MS} ms; it printed: ${stdout}${stderr}`));
      else resolve({ stdout: stdout.trim(), stderr, code: error ? Number(error.code) : 0 });
    });
  });
}
