/** docs/hosting.md: every example sends the same headers, and the one for Node is run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EngineInfo } from 'cambium';
import { build } from 'vite';
import { describe, expect, test } from 'vitest';
import { apps } from './apps.ts';
import { startChromium, visit } from '../support/chromium.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const read = (name: string): Promise<string> => readFile(join(here, 'hosting', name), 'utf8');

const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Content-Security-Policy': "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'",
};

/** The headers that `pattern` finds in a text: name, then value. */
function headers(text: string, pattern: RegExp): Record<string, string> {
  return Object.fromEntries([...text.matchAll(pattern)].map((match) => [match[1]!, match[2]!]));
}

describe('the examples send the headers', () => {
  test('nginx', async () => {
    const text = await read('nginx.conf');
    expect(headers(text, /^ {2}add_header ([\w-]+) "([^"]*)" always;$/gm)).toEqual(HEADERS);
    // Within a location, add_header would replace those of the server.
    const locations = [...text.matchAll(/location [^{]*\{([^}]*)\}/g)].map((match) => match[1]!);
    expect(locations).toHaveLength(2);
    for (const block of locations) expect(block).not.toContain('add_header');
    expect(text.match(/\{/g)).toHaveLength(text.match(/\}/g)!.length);
  });

  test('Caddy', async () => {
    const block = /^\theader \{\n(.*?)^\t\}/ms.exec(await read('Caddyfile'))![1]!;
    expect(headers(block, /^\t\t([\w-]+) "([^"]*)"$/gm)).toEqual({ ...HEADERS, 'Cache-Control': 'no-cache' });
  });

  test('_headers', async () => {
    const [path, ...lines] = (await read('_headers')).trimEnd().split('\n');
    expect(path).toBe('/*');
    expect(headers(lines.join('\n'), /^ {2}([\w-]+): (.*)$/gm)).toEqual(HEADERS);
  });
});

test('the page shows these files', async () => {
  const text = await readFile(join(here, '../../docs/hosting.md'), 'utf8');
  const blocks = [...text.matchAll(/\]\(\.\.\/test\/bundlers\/hosting\/([^)]+)\)\n\n```\w+\n(.*?)```/gs)];
  expect(blocks.map((match) => match[1]).sort()).toEqual(['Caddyfile', '_headers', 'nginx.conf', 'server.js']);
  for (const [, name, code] of blocks) expect(code).toBe(await read(name!));
});

test('the server with Express isolates an app, lets it load, and says how long to keep its files', async () => {
  const [browser, made] = await Promise.all([startChromium(), apps()]);
  const folder = await made.make('vite');
  await build({ root: folder, logLevel: 'warn' });
  const server = spawn(process.execPath, [join(here, 'hosting/server.js')], { cwd: folder, env: { ...process.env, PORT: '0', HOST: '127.0.0.1' }, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [url] = (await once(createInterface(server.stdout), 'line', { signal: AbortSignal.timeout(20_000) })) as [string];
    const { value, errors } = await visit<{ info: EngineInfo }>(browser, url, 'trained');
    expect(errors).toEqual([]);
    expect(value.info).toMatchObject({ threads: 2, host: 'worker', reasons: [] });

    const page = await fetch(url);
    expect(Object.fromEntries(Object.keys(HEADERS).map((name) => [name, page.headers.get(name)]))).toEqual(HEADERS);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const script = await fetch(new URL(/assets\/[\w-]+\.js/.exec(await page.text())![0], url));
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(script.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  } finally {
    server.kill();
    await browser.close();
    await made.remove();
  }
}, 120_000);
