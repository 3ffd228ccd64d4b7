import { commandLine, dependency, type Runtime } from '../runtime.ts';

/** Bun. */
export const bun: Runtime = commandLine('Bun', 'file', [dependency('bun', 'bin/bun.exe')]);
