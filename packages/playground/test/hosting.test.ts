/** The page with and without the headers that isolate it, without its engine, and from the development server. */
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { describe, expect, it } from 'vitest';
import { BUILD_MS } from './support/build.ts';
import { reach, ready, visit, WAIT_MS } from './support/playground.ts';
import { usePlayground } from './support/site.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const playground = usePlayground();

describe('isolation', () => {
  it('with the headers there are threads', async () => {
    await using opened = await playground.open();
    const { page, complaints } = opened;
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const threads = Math.min(8, await page.evaluate(() => navigator.hardwareConcurrency));
    expect(threads, 'processors, of which this test needs two').toBeGreaterThan(1);
    expect(await page.locator('#engine').innerText()).toMatch(new RegExp(`Module\\s+(relaxed|simd128)-threads\\s+Threads\\s+${threads}\\s`));
    expect(complaints).toEqual([]);
  });

  it('without them it trains on one thread and says why', async () => {
    await using opened = await visit(playground.browser, playground.url(false));
    const { page, complaints } = opened;
    expect(await page.locator('#engine').innerText()).toMatch(/Threads\s+1\s[^]*needs the COOP and COEP headers/);
    await page.locator('#run').click();
    await reach(page, 3);
    expect(complaints).toEqual([]);
  });
});

describe('an engine that cannot be loaded', () => {
  it('is told of, and tried again on reset', async () => {
    const context = await playground.browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.route('**/*.wasm', (route) => route.fulfill({ status: 404, body: 'not here' }));
    await page.goto(playground.url(true));
    await page.locator('body[data-phase=failed]').waitFor();
    expect(await page.locator('#error').innerText()).toContain('404');
    await page.unroute('**/*.wasm');
    await page.locator('#reset').click();
    await ready(page);
    expect(await page.locator('#error').isHidden()).toBe(true);
    await page.locator('#run').click();
    await reach(page, 2);
    await context.close();
  });
});

describe('the development server', () => {
  it('serves a page that trains on threads', async () => {
    const server = await createServer({ root, logLevel: 'warn', server: { host: '127.0.0.1', port: 0 } });
    try {
      await server.listen();
      await using opened = await visit(playground.browser, server.resolvedUrls!.local[0]!);
      const { page } = opened;
      expect(await page.locator('#engine').innerText()).toMatch(/Threads\s+[2-8]\s/);
      await page.locator('#run').click();
      await reach(page, 3);
    } finally {
      await server.close();
    }
  }, BUILD_MS);
});
