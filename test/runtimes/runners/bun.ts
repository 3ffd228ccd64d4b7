import { dependency, onCommandLine, type Runtime } from '../runtime.ts';

/** Bun. */
export const bun: Runtime = {
  name: 'Bun',
  loading: 'file',
  pinned: true,
  run: (folder) => onCommandLine([dependency('bun', 'bin/bun.exe')], 'main.js', folder),
};
