/** The pages for the runtimes: their commands are run as they stand there, with the package as it is packed, and print what stands there. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pack, temporaryFolder } from '../package/pack.ts';
import { blocksOf, runLine, writeFiles, type Block } from './page.ts';
import { startRegistry, type Registry } from './registry.ts';
import { dependency } from './runtime.ts';

/** A page has a handful of commands of a second or two. */
const PAGE_LIMIT_MS = 120_000;

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let registry: Registry;

beforeAll(async () => {
  temporary = await temporaryFolder();
  registry = await startRegistry((await pack(temporary.path)).tarball);
});
afterAll(async () => {
  await registry?.close();
  await temporary?.remove();
});

test.each(['node.md', 'deno.md', 'bun.md'])('docs/%s', { timeout: PAGE_LIMIT_MS }, async (name) => {
  await runPage(name, process.execPath);
});

test('docs/node.md in Node 22', { timeout: PAGE_LIMIT_MS }, async () => {
  await runPage('node.md', dependency('node-22', 'bin/node'));
});

/** Runs a page's commands one after the other, and compares what they print with the block of text below them. */
async function runPage(name: string, node: string): Promise<void> {
  const { folder, env } = await makeFolder(node);
  const blocks = await blocksOf(name);
  await writeFiles(blocks, folder);
  for (const [i, { language, text }] of blocks.entries()) {
    if (language !== 'sh') continue;
    const printed: string[] = [];
    for (const line of text.trim().split('\n')) printed.push(await runLine(line, folder, env));
    const expected = blocks[i + 1];
    if (expected?.language === 'text') expect(anyMachine(printed.join(''))).toBe(anyMachine(expected.text));
  }
  checkBlocks(blocks);
}

/** A folder in which the commands that install packages find the packed one, and an environment in which the runtimes are found. */
async function makeFolder(node: string): Promise<{ folder: string; env: NodeJS.ProcessEnv }> {
  const folder = await mkdtemp(join(temporary.path, 'app-'));
  await writeFile(join(folder, '.npmrc'), `registry=${registry.url}\n`);
  const runtimes = fileURLToPath(new URL('node_modules/.bin', import.meta.url));
  const cache = (tool: string): string => join(temporary.path, 'caches', tool);
  const env = {
    PATH: [dirname(node), runtimes, process.env['PATH']].join(delimiter),
    HOME: cache('home'),
    npm_config_cache: cache('npm'),
    DENO_DIR: cache('deno'),
    BUN_INSTALL_CACHE_DIR: cache('bun'),
    NO_COLOR: '1',
  };
  return { folder, env };
}

/** Which module runs depends on the processor; the pages show x64. */
function anyMachine(text: string): string {
  return process.arch === 'x64' ? text : text.replace(/\b(relaxed|simd128)\b/g, 'module').replace(/\[.*\]/, '[]');
}

/** Every block has been a file, commands, or what they print. */
function checkBlocks(blocks: readonly Block[]): void {
  const others = blocks.filter(({ language, file }, i) => file === undefined && language !== 'sh' && !(language === 'text' && blocks[i - 1]?.language === 'sh'));
  expect(others).toEqual([]);
}
