// The npm packages: what they depend on, and their build.
import { join } from 'node:path';
import { files, fingerprint, once, output, root, run, say } from './lib.mjs';

const PNPM = ['--yes', 'pnpm@12.21.0'];
const bin = join(root, 'node_modules/.bin');

/** The environment in which Node 24 and the commands of the packages come first. */
export const nodeEnv = { PATH: `${bin}:${process.env.PATH}` };

/** Installs the dependencies when a package.json or the lock file has changed. Those of the tests, runtimes and bundlers, have 400 MB. */
export function installPackages(withTests) {
  const manifests = files(['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', 'packages', 'test'], (file) => /package\.json$|\.yaml$/.test(file));
  const print = fingerprint(manifests);
  once('packages', print, [join(bin, 'node')], () => {
    say('installing npm packages with pnpm: TypeScript, Vitest, and Node 24, on which everything after set-up runs');
    run('npx', [...PNPM, '--filter', '!./test/*', 'install']);
  });
  if (!withTests) return;
  once('packages-tests', print, [], () => {
    say('installing npm packages for tests: Node 22, Deno, Bun, workerd, bundlers');
    run('npx', [...PNPM, 'install']);
  });
}

/** Compiles the TypeScript packages when a source has changed. */
export function buildPackages() {
  const written = files(['packages', 'tsconfig.base.json', 'pnpm-lock.yaml'], (file) => !/\/(test|wasm|runs)\//.test(file));
  // The compiled files carry the build of the modules.
  const sources = [...written, ...files(['packages/cambium/wasm/build.js'])];
  const outputs = [join(root, 'packages/cambium/dist/index.js')];
  once('dist', fingerprint(sources, output(join(bin, 'node'), ['--version'], nodeEnv) ?? ''), outputs, () => {
    say('compiling the TypeScript packages');
    run('npx', [...PNPM, '--recursive', 'run', '--if-present', 'build'], { env: nodeEnv });
  });
}
