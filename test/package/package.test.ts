/** The npm package as it is packed: what is in it, what others make of it, how large it is. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { install, pack, temporaryFolder, type Packed } from '../support/pack.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
/** KB are 1,000 bytes. */
const MAIN_ENTRY_LIMIT = 25_000;
const MODULE_LIMIT = 250_000;
/** Commands here take some seconds. */
const LIMIT = { timeout: 50_000 };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let packed: Packed;
let app: string;
let manifest: Record<string, unknown>;

beforeAll(async () => {
  folder = await temporaryFolder();
  packed = await pack(folder.path);
  app = join(folder.path, 'app');
  await install(packed.tarball, app);
  manifest = JSON.parse(await readFile(join(app, 'node_modules/cambium/package.json'), 'utf8')) as Record<string, unknown>;
});
afterAll(() => folder.remove());

/** A command of the packages that this folder depends on. */
function command(name: string): string {
  return fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));
}

describe('the tarball', () => {
  test('has the code, its types, the modules, README and licence, and nothing else', async () => {
    const kinds = new Set(packed.files.map((path) => path.replace(/^(dist|wasm)\/.*?(\.d\.ts|\.js|\.wasm)$/, '$1/*$2')));
    expect([...kinds].sort()).toEqual(['LICENSE', 'README.md', 'dist/*.d.ts', 'dist/*.js', 'package.json', 'wasm/*.d.ts', 'wasm/*.js', 'wasm/*.wasm']);
    const own = await readFile(join(app, 'node_modules/cambium/LICENSE'), 'utf8');
    expect(own).toBe(await readFile(join(root, 'LICENSE'), 'utf8'));
  });

  test.each(['relaxed-threads', 'relaxed', 'simd128-threads', 'simd128'])('has a module %s of at most 250 KB (gzip)', async (name) => {
    const bytes = await readFile(join(app, `node_modules/cambium/wasm/${name}.wasm`));
    expect(gzipSync(bytes, { level: 9 }).length).toBeLessThanOrEqual(MODULE_LIMIT);
  });

  test('brings no dependencies and runs nothing at installation', () => {
    for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies']) expect(manifest).not.toHaveProperty(field);
    expect(Object.keys(manifest['scripts'] ?? {})).toEqual(['build']);
    expect(manifest).toMatchObject({ type: 'module', license: 'MIT' });
  });

  test('is what publint calls good', async () => {
    const { stdout } = await run(command('publint'), ['run', packed.tarball, '--strict'], LIMIT);
    expect(stdout).toContain('All good!');
  });

  test('has types that resolve like its code (attw)', async () => {
    const args = [packed.tarball, '--profile', 'esm-only', '--format', 'json', '--exclude-entrypoints', 'wasm/*'];
    const { stdout } = await run(command('attw'), args, LIMIT);
    const { analysis } = JSON.parse(stdout) as { analysis: { entrypoints: Record<string, unknown>; problems: { kind: string; resolutionKind?: string }[] } };
    expect(Object.keys(analysis.entrypoints)).toEqual(expect.arrayContaining(['.', './data', './formats', './report']));
    const problems = analysis.problems.filter(({ resolutionKind }) => !['node10', 'node16-cjs'].includes(resolutionKind ?? ''));
    expect(problems).toEqual([]);
  });
});

describe('an app that installed it', () => {
  test('runs the first example of its README', async () => {
    const readme = await readFile(join(app, 'node_modules/cambium/README.md'), 'utf8');
    const example = /^```js\n(.*?)^```/ms.exec(readme)?.[1];
    expect(example).toContain(`from 'cambium'`);
    await writeFile(join(app, 'example.js'), example!);
    const { stdout, stderr } = await run(process.execPath, ['example.js'], { ...LIMIT, cwd: app });
    const [, width, right] = /^(\d+) hidden features, ([\d.]+) % right\n$/.exec(stdout) ?? [];
    expect(Number(width)).toBeGreaterThan(4);
    expect(Number(right)).toBeGreaterThan(90);
    expect(stderr).toBe('');
  });

  test.each([
    ['a page', { lib: ['es2022', 'dom'], types: [] }],
    ['Node', { lib: ['es2022'], types: ['node'] }],
  ])('is type-checked for %s, with the declarations of its libraries', async (_, libraries) => {
    const imports = Object.keys(manifest['exports'] as object).filter((path) => !/wasm|package\.json|worker/.test(path));
    await writeFile(join(app, 'app.ts'), imports.map((path, n) => `export * as n${n} from 'cambium${path.slice(1)}';\n`).join(''));
    const typeRoots = [join(root, 'node_modules/@types')];
    const options = { strict: true, noEmit: true, skipLibCheck: false, module: 'nodenext', target: 'es2022', typeRoots, ...libraries };
    await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['app.ts'] }));
    const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['--project', app], LIMIT).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  });

  test('loads at most 25 KB (gzip, minified) of JavaScript for the main entry before the engine starts', async () => {
    const { outputFiles, metafile } = await build({
      stdin: { contents: `export * from 'cambium';`, resolveDir: app },
      bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser', outdir: app, metafile: true, write: false, absWorkingDir: app,
    });
    const loaded = staticallyLoaded(metafile, 'stdin.js');
    const sizes = outputFiles.filter(({ path }) => loaded.has(path.slice(app.length + 1))).map(({ contents }) => gzipSync(contents, { level: 9 }).length);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`main entry: ${bytes} bytes of JavaScript (gzip); tarball: ${packed.bytes} bytes with all four modules`);
    expect(sizes).toHaveLength(loaded.size);
    expect(bytes).toBeLessThanOrEqual(MAIN_ENTRY_LIMIT);
    const inputs = [...loaded].flatMap((path) => Object.keys(metafile.outputs[path]!.inputs));
    expect(inputs.filter((path) => /\/(data|formats|report)\/|\/wasm\//.test(path))).toEqual([]);
  });
});

/** The outputs that come with `entry`: itself and what it imports, but not what it imports only when needed. */
function staticallyLoaded({ outputs }: Metafile, entry: string): Set<string> {
  const found = new Set([entry]);
  for (const path of found) {
    for (const { path: next, kind } of outputs[path]!.imports) if (kind === 'import-statement') found.add(next);
  }
  return found;
}
