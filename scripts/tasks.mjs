// What the commands of package.json do once everything is set up.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { failures } from './failures.mjs';
import { output, root, run, SetupError, tools } from './lib.mjs';
import { nodeEnv } from './packages.mjs';

/** The main job: the command `cambium`, `train digits` if nothing else is asked for. */
export function start(args) {
  const folder = join(root, 'packages/cli');
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  run('node', [join(folder, bin.cambium), ...(args.length > 0 ? args : ['train', 'digits'])], { env: nodeEnv });
}

/** Speed tables. Node runs their TypeScript as it is. */
export function bench(args) {
  run('node', [join(root, 'packages/bench/src/main.ts'), ...args], { env: nodeEnv });
}

/** The study of growth. */
export function study(args) {
  // An interrupt reaches the study too, which then reports what it has done: wait for that.
  process.on('SIGINT', () => {});
  run('node', [join(root, 'packages/bench/src/study/main.ts'), ...args], { env: nodeEnv });
}

/** The page in packages/playground, served until it is stopped; prints its address. */
export function playground(args) {
  const folder = join(root, 'packages/playground');
  run('node', [join(folder, 'node_modules/vite/bin/vite.js'), ...args], { env: nodeEnv, cwd: folder });
}

/** One scenario in every runtime and browser, and natively; with `--write` the table in docs/runtimes.md is written. */
export function testRuntimes(args, native) {
  run('node', [join(root, 'test/runtimes/main.ts'), ...args], { env: { ...native, ...nodeEnv, PATH: `${nodeEnv.PATH}${native.PATH ? `:${native.PATH}` : ''}` } });
}

/** Every check and test; all of them run, then the failures are named. */
export function test(args, native) {
  const failed = [];
  for (const [name, work] of checks(args, native)) {
    console.log(`\n[test] ${name}`);
    try {
      work();
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      console.error(error.message);
      failed.push(`${name}: ${error.message}`);
    }
  }
  if (failed.length > 0) throw new SetupError(`failed:\n${failed.join('\n')}`);
  console.log('\n[test] everything passed');
}

function checks(args, native) {
  const cargo = (...words) => () => run('cargo', words, { env: native });
  const optional = (part, work) => (output('cargo', [part, '--version'], native) ? work : () => console.log(`cargo ${part} is not installed here: left out`));
  return [
    ['Rust format', optional('fmt', cargo('fmt', '--all', '--check'))],
    ['Rust lints', optional('clippy', cargo('clippy', '--workspace', '--all-targets', '--quiet', '--', '-D', 'warnings'))],
    ['Rust tests', cargo('test', '--workspace', '--quiet')],
    ['TypeScript types', () => run('tsc', ['--project', root], { env: nodeEnv })],
    ['TypeScript tests', () => vitest(args)],
    ['Runtimes and browsers: the same bits', () => testRuntimes([], native)],
    ['Benchmark, quick: runs without error', () => bench(['--quick'])],
  ];
}

/** The tests of the packages. Its error names those that failed: what follows in the log can be long. */
function vitest(args) {
  const report = join(tools, 'vitest.json');
  rmSync(report, { force: true });
  try {
    run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args], { env: nodeEnv });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    throw new SetupError([error.message, ...failures(report)].join('\n'));
  }
}
