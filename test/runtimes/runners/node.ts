import { commandLine, dependency, type Runtime } from '../runtime.ts';

/** The oldest Node that the package supports and is still maintained. */
export const node22: Runtime = commandLine('Node', 'file', [dependency('node-22', 'bin/node')]);

/** The Node that runs these tests. */
export const node24: Runtime = commandLine('Node', 'file', [process.execPath]);

/** The whole package in one file. */
export const inline: Runtime = commandLine('Node, `cambium/inline`', 'text in the JavaScript file', [process.execPath], 'main-inline.js');
