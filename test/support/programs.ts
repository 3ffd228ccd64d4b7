/** Small programs in processes of their own, in each runtime that has a command line. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { dependency } from '../runtimes/runtime.ts';

/** A runtime, and how it is told to run a program given as text. */
export interface CommandLine {
  name: string;
  command: readonly [string, ...string[]];
}

const asModule = ['--input-type=module', '--eval'] as const;

/** The Node that runs the tests, and the oldest line that is supported. */
export const nodes: readonly CommandLine[] = [
  { name: `Node ${process.version}`, command: [process.execPath, '--expose-gc', ...asModule] },
  { name: 'Node 22', command: [dependency('node-22', 'bin/node'), '--expose-gc', ...asModule] },
];

/** The runtimes besides Node. */
export const otherCommandLines: readonly CommandLine[] = [
  { name: 'Deno', command: [dependency('deno', 'deno'), 'eval', '--v8-flags=--expose-gc'] },
  { name: 'Bun', command: [dependency('bun', 'bin/bun.exe'), '--eval'] },
];

/** All that run programs. */
export const commandLines: readonly CommandLine[] = [...nodes, ...otherCommandLines];

/** From here programs find the package by its name. */
const folder = fileURLToPath(new URL('../../packages/examples/', import.meta.url));
/** Start, work and end take a second or two; the rest is for a busy machine. */
const LIMIT_MS = 50_000;

/** How a program ended. */
export interface Ended {
  stdout: string;
  stderr: string;
  code: number | null;
}

/** Runs `program` in a process of its own. It has to end by itself. */
export function runProgram({ name, command }: CommandLine, program: string): Promise<Ended> {
  const [file, ...args] = command;
  return new Promise((resolve, reject) => {
    execFile(file, [...args, program], { cwd: folder, timeout: LIMIT_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error?.killed) reject(new Error(`the program did not end within ${LIMIT_MS} ms in ${name}; it printed: ${stdout}${stderr}`));
      else resolve({ stdout: stdout.trim(), stderr, code: error ? Number(error.code) : 0 });
    });
  });
}
