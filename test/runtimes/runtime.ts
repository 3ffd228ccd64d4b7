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
  /** Runs the scenario of the application in `folder`; rejects where the runtime cannot be started or takes too long. `stage` is told what comes next. */
  run(folder: string, stage: Stage): Promise<Ran>;
}

/** Hears what is waited for from here on, for the message of a run that takes too long. */
export type Stage = (what: string) => void;

/** The scenario takes some seconds; what needs this long hangs. */
export const LIMIT_MS = 120_000;
/** The scenario with the start and the end of its runtime, which may have to be ended after {@link LIMIT_MS}. */
const RUN_LIMIT_MS = 180_000;

/** Runs all of `runtime`, from its start to its end, or rejects after `limit` milliseconds and says what was waited for. */
export function runInTime(runtime: Runtime, folder: string, limit = RUN_LIMIT_MS): Promise<Ran> {
  let waiting = 'its start';
  return inTime(runtime.run(folder, (what) => (waiting = what)), () => waiting, limit);
}

/** A runtime for programs on the command line. `command` starts it, with what it needs before the file. */
export function commandLine(name: string, loading: string, command: readonly [string, ...string[]], program = 'main.js'): Runtime {
  const [runtime, ...args] = command;
  return {
    name,
    loading,
    pinned: true,
    async run(folder, stage) {
      stage(`the end of ${program}`);
      const printed = await output(runtime, [...args, program], folder);
      stage('its version');
      const version = /\d+(\.\d+)+/.exec(await output(runtime, ['--version'], folder))![0];
      return { version, outcome: JSON.parse(printed.trim().split('\n').at(-1)!) as Outcome };
    },
  };
}

/** What is needed of a page in a browser, whatever drives it. */
export interface Page {
  goto(url: string): Promise<unknown>;
  /** The value of an expression in the page; of a promise, what it resolves to. */
  evaluate(expression: string): Promise<unknown>;
}

/** What a program prints. Rejects where it fails, and where it does not end. */
export async function output(program: string, args: readonly string[], cwd: string, env = process.env): Promise<string> {
  const options = { cwd, env, timeout: LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 } as const;
  try {
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    throw (error as { killed?: boolean }).killed ? new Error(`no end after ${LIMIT_MS / 1000} s: ${[program, ...args].join(' ')}`) : error;
  }
}

/** A file of a package that these tests depend on. */
export function dependency(name: string, file: string): string {
  return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
}

/** Settles as `work` does, or rejects after `limit` milliseconds and says what was waited for. */
export function inTime<T>(work: Promise<T>, what: () => string, limit = LIMIT_MS): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${limit / 1000} s; waited for ${what()}`)), limit);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
