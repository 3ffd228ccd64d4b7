import { dependency, onCommandLine, type Runtime } from '../runtime.ts';

/** Deno needs the permission to read the module's file, and no other. */
export const deno: Runtime = {
  name: 'Deno',
  loading: 'file (`--allow-read`)',
  pinned: true,
  run: (folder) => onCommandLine([dependency('deno', 'deno'), 'run', '--no-prompt', '--allow-read'], 'main.js', folder),
};
