import { dependency, onCommandLine, type Runtime } from '../runtime.ts';

/** The oldest Node that the package supports and is still maintained. */
export const node22: Runtime = {
  name: 'Node',
  loading: 'file',
  pinned: true,
  run: (folder) => onCommandLine([dependency('node-22', 'bin/node')], 'main.js', folder),
};

/** The Node that runs these tests. */
export const node24: Runtime = {
  name: 'Node',
  loading: 'file',
  pinned: true,
  run: (folder) => onCommandLine([process.execPath], 'main.js', folder),
};

/** The whole package in one file. */
export const inline: Runtime = {
  name: 'Node, `cambium/inline`',
  loading: 'text in the JavaScript file',
  pinned: true,
  run: (folder) => onCommandLine([process.execPath], 'main-inline.js', folder),
};
