/** What the runners of all runtimes have in common. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Outcome } from './scenario.ts';

/** What a runtime gave. */
export interface Ran {
  /** As the runtime itself says. */
  version: string;
  outcome: Outcome;
}

/** A runtime, and one way to use the package in it. */
export interface Runtime {
  name: string;
  /** How the module gets into the program. */
  loading: string;
  /** Whether this repository decides which version runs; browsers come with the system. */
  pinned: boolean;
  /** Runs the scenario of the application in `folder`; rejects where the runtime cannot be started or takes too long. */
  run(folder: string): Promise<Ran>;
}

/** The scenario takes some seconds; what needs this long hangs. */
export const LIMIT_MS = 120_000;

/** Runs a program of the application on the command line. `command` starts the runtime, with what it needs before the file. */
export async function onCommandLine(command: readonly string[], file: string, folder: string): Promise<Ran> {
  const [runtime, ...args] = command as [string, ...string[]];
  const options = { cwd: folder, timeout: LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 } as const;
  const run = promisify(execFile);
  const { stdout: version } = await run(runtime, ['--version'], options);
  const { stdout } = await run(runtime, [...args, file], options).catch((error: Error & { killed?: boolean }) => {
    throw error.killed ? new Error(`no end after ${LIMIT_MS / 1000} s: ${[...command, file].join(' ')}`) : error;
  });
  return { version: /\d+(\.\d+)+/.exec(version)![0], outcome: JSON.parse(stdout.trim().split('\n').at(-1)!) as Outcome };
}

/** A file of a package that these tests depend on. */
export function dependency(name: string, file: string): string {
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
}

/** Settles as `work` does, or rejects after {@link LIMIT_MS} and says what was waited for. */
export function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer after ${LIMIT_MS / 1000} s from ${what}`)), LIMIT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
