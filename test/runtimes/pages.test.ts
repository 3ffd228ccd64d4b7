/** The pages for the runtimes: their programs run there as they stand, with the package as it is packed, and say what stands there. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from 'cambium/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack, temporaryFolder } from '../support/pack.ts';
import type { Site } from '../support/serve.ts';
import { blocksOf, type Block } from './page.ts';
import { startRegistry } from './registry.ts';
import { inChromium } from './runners/chromium.ts';
import { inFirefox } from './runners/firefox.ts';
import { COMPATIBILITY_DATE, startWorker, type EdgeWorker } from './runners/workerd.ts';
import { dependency, output } from './runtime.ts';

/** A page has a handful of commands of a second or two. */
const PAGE_LIMIT_MS = 120_000;
/** Where `wrangler dev` serves a worker. */
const WRANGLER = 'http://localhost:8787/';
/** In a page: what it says when it is done, or what it still says after half a minute. */
const OUTPUT = `new Promise((resolve) => {
  const output = document.querySelector('output');
  const look = (left) => (left > 0 && output.textContent.startsWith('training') ? setTimeout(look, 50, left - 1) : resolve(output.textContent));
  look(600);
})`;
/** In a page: the bytes behind its link. */
const DOWNLOAD = `fetch(document.querySelector('a[download]').href).then(async (file) => [...new Uint8Array(await file.arrayBuffer())])`;

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let registry: Site;

beforeAll(async () => {
  temporary = await temporaryFolder();
  registry = await startRegistry((await pack(temporary.path)).tarball);
});
afterAll(async () => {
  await registry?.close();
  await temporary?.remove();
});

test.each(['node.md', 'deno.md', 'bun.md', 'one-file.md'])('docs/%s', { timeout: PAGE_LIMIT_MS }, async (name) => {
  await runCommands(await prepare(name));
});

test('docs/node.md in Node 22', { timeout: PAGE_LIMIT_MS }, async () => {
  await runCommands(await prepare('node.md', dependency('node-22', 'bin/node')));
});

test('docs/edge.md', { timeout: PAGE_LIMIT_MS }, async () => {
  const page = await prepare('edge.md');
  const { main, compatibility_date } = JSON.parse(page.blocks.find(({ file }) => file === 'wrangler.jsonc')!.text) as Record<string, string>;
  expect(compatibility_date).toBe(COMPATIBILITY_DATE);
  let worker: EdgeWorker | undefined;
  try {
    await runCommands(page, async (line) => {
      // The address at which `wrangler dev` serves.
      if (!line.includes(WRANGLER)) return line;
      worker ??= await startWorker(page.folder, main!);
      return line.replace(WRANGLER, worker.url);
    });
    expect(worker).toBeDefined();
  } finally {
    await worker?.close();
  }
});

describe('docs/browsers.md', () => {
  let page: Prepared;
  beforeAll(async () => {
    page = await prepare('browsers.md');
    await runCommands(page);
  });

  test.each([
    ['Chromium', true, inChromium],
    ['Chromium', false, inChromium],
    ['Firefox', true, inFirefox],
    ['Firefox', false, inFirefox],
  ] as const)('in %s, isolated: %s', { timeout: PAGE_LIMIT_MS }, async (_, isolated, inBrowser) => {
    const [withHeaders, without] = page.blocks.filter(({ language }) => language === 'text');
    await inBrowser(page.folder, isolated, async (tab, url) => {
      let said = '';
      for (let visit = 0; visit < 2; visit++) {
        await tab.goto(url);
        said += `${String(await tab.evaluate(OUTPUT))}\n`;
      }
      expect(said).toBe((isolated ? withHeaders : without)!.text);
      const file = new Uint8Array((await tab.evaluate(DOWNLOAD)) as number[]);
      expect(Object.keys(readSafetensors(file).tensors).length).toBeGreaterThan(0);
    });
  });
});

/** A page whose files lie in a folder of their own. */
interface Prepared {
  blocks: Block[];
  folder: string;
  env: NodeJS.ProcessEnv;
}

/** Writes a page's files. Commands there that install packages find the packed one, and each runtime by its name. */
async function prepare(name: string, node = process.execPath): Promise<Prepared> {
  const folder = await mkdtemp(join(temporary.path, 'app-'));
  const blocks = await blocksOf(name);
  for (const { file, text } of blocks) if (file !== undefined) await writeFile(join(folder, file), text);
  await writeFile(join(folder, '.npmrc'), `registry=${registry.url}\n`);
  const runtimes = fileURLToPath(new URL('node_modules/.bin', import.meta.url));
  const cache = (tool: string): string => join(temporary.path, 'caches', tool);
  const env = {
    PATH: [dirname(node), runtimes, process.env['PATH']].join(delimiter),
    HOME: cache('home'),
    npm_config_cache: cache('npm'),
    DENO_DIR: cache('deno'),
    DENO_NO_UPDATE_CHECK: '1',
    BUN_INSTALL_CACHE_DIR: cache('bun'),
    NO_COLOR: '1',
  };
  return { blocks, folder, env };
}

/** Runs a page's commands one after the other, and compares what they print with the block of text below them. */
async function runCommands({ blocks, folder, env }: Prepared, change: (line: string) => string | Promise<string> = (line) => line): Promise<void> {
  for (const [i, { language, text }] of blocks.entries()) {
    if (language !== 'sh') continue;
    const printed: string[] = [];
    for (const line of text.trim().split('\n')) printed.push(await output('sh', ['-c', `exec ${await change(line)}`], folder, env));
    const expected = blocks[i + 1];
    if (expected?.language === 'text') expect(anyMachine(printed.join(''))).toBe(anyMachine(expected.text));
  }
}

/** Which module runs depends on the processor; the pages show x64. */
function anyMachine(text: string): string {
  return process.arch === 'x64' ? text : text.replace(/\b(relaxed|simd128)\b/g, 'module').replace(/\[.*\]/, '[]');
}
