// Entry of every command in package.json: sets up what is missing, then does the task.
//   node scripts/run.mjs setup | start | test | build | bench [arguments]
import { SetupError } from './lib.mjs';
import { buildPackages, installPackages } from './packages.mjs';
import { nativeRust, wasmRust } from './rust.mjs';
import * as tasks from './tasks.mjs';
import { buildWasm } from './wasm.mjs';
import { wasmTools } from './wasm-tools.mjs';

const LEAST_NODE = 20;

function setUp() {
  if (Number(process.versions.node.split('.')[0]) < LEAST_NODE) throw new SetupError(`Node ${LEAST_NODE} or newer is needed; this is ${process.version}`);
  const rust = wasmRust();
  const native = nativeRust();
  wasmTools(native);
  installPackages();
  buildWasm(rust);
  buildPackages();
  return native;
}

const [task = 'start', ...args] = process.argv.slice(2);
const known = { setup: () => {}, build: () => {}, start: tasks.start, test: tasks.test, bench: tasks.bench };
try {
  if (!Object.hasOwn(known, task)) throw new SetupError(`unknown task ${task}; known are ${Object.keys(known).join(', ')}`);
  const native = setUp();
  known[task](args, native);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
