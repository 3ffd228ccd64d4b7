import { commandLine, dependency, type Runtime } from '../runtime.ts';

/** Deno needs the permission to read the module's file, and no other. */
export const deno: Runtime = commandLine('Deno', 'file (`--allow-read`)', [dependency('deno', 'deno'), 'run', '--no-prompt', '--allow-read']);
