// Entry of every command in package.json: sets up what is missing, then does the task.
//   node scripts/run.mjs setup | start | playground | test | test:runtimes | build | bench | study [arguments]
import { browsers } from './browsers.mjs';
import { SetupError } from './lib.mjs';
import { buildPackages, installPackages } from './packages.mjs';
import { nativeRust, wasmRust } from './rust.mjs';
import * as tasks from './tasks.mjs';
import { buildBenchWasm, buildWasm } from './wasm.mjs';
import { wasmTools } from './wasm-tools.mjs';

const LEAST_NODE = 20;

/** Tasks that run the benchmark; its modules are built for no other. */
const MEASURING = ['bench', 'test'];
/** Tasks that need browsers, other runtimes and bundlers. */
const TESTING = ['test', 'test:runtimes'];

function setUp(task) {
  if (Number(process.versions.node.split('.')[0]) < LEAST_NODE) throw new SetupError(`Node ${LEAST_NODE} or newer is needed; this is ${process.version}`);
  const rust = wasmRust();
  const native = nativeRust();
  wasmTools(native);
  const testing = TESTING.includes(task);
  if (testing) browsers();
  installPackages(testing);
  buildWasm(rust);
  if (MEASURING.includes(task)) buildBenchWasm(rust);
  buildPackages();
  return native;
}

const [task = 'start', ...args] = process.argv.slice(2);
const known = { setup: () => {}, build: () => {}, start: tasks.start, playground: tasks.playground, test: tasks.test, 'test:runtimes': tasks.testRuntimes, bench: tasks.bench, study: tasks.study };
try {
  if (!Object.hasOwn(known, task)) throw new SetupError(`unknown task ${task}; known are ${Object.keys(known).join(', ')}`);
  const native = setUp(task);
  known[task](args, native);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
