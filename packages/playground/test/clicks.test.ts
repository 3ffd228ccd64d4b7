/** The built page in a real Chromium: what a person would click through. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Dataset, DynamicModel, shutdown } from 'cambium';
import { digits } from 'cambium/data';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChromium } from '../../../test/bundlers/chromium.ts';
import { ISOLATION, serve, type Site } from '../../../test/bundlers/serve.ts';
import { buildPage, BUILD_MS, type Built } from './support/build.ts';
import { choose, drop, epoch, pixels, reach, readout, ready, says, visit, WAIT_MS } from './support/playground.ts';

let built: Built;
let browser: Browser;
let isolated: Site;
let plain: Site;

beforeAll(async () => {
  [browser, built] = await Promise.all([startChromium(), buildPage()]);
  [isolated, plain] = await Promise.all([serve(built.folder, ISOLATION), serve(built.folder)]);
}, BUILD_MS);

afterAll(async () => {
  await browser?.close();
  await Promise.all([isolated?.close(), plain?.close(), built?.remove(), shutdown()]);
});

const open = (site: Site = isolated, options?: BrowserContextOptions) => visit(browser, `${site.url}${built.path}`, options);
const widths = (page: Page): Promise<string> => readout(page, 'Hidden widths');

/** Rows of two classes that a threshold parts, with a header. */
const table = ['height,width,kind', ...Array.from({ length: 150 }, (_, i) => `${100 + i},${(i * 37) % 50},${100 + i > 175 ? 'tall' : 'short'}`)].join('\n');

/** Clicks the download button and gives the file. */
async function download(page: Page): Promise<{ name: string; bytes: Uint8Array }> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('#download').click()]);
  return { name: file.suggestedFilename(), bytes: new Uint8Array(await readFile((await file.path())!)) };
}

describe('digits', () => {
  it('trains, pauses, steps, starts over', async () => {
    await using opened = await open();
    const { page, complaints } = opened;
    expect(await widths(page)).toBe('4');
    await page.locator('#run').click();
    await reach(page, 5);
    await page.locator('#run').click();
    await says(page, /^Paused after epoch \d+: [\d.]+ % right, loss/);
    // What was under way may end.
    await page.waitForTimeout(300);
    const paused = await epoch(page);
    await page.waitForTimeout(500);
    expect(await epoch(page)).toBe(paused);

    await page.locator('#step').click();
    await reach(page, paused + 1);
    await page.locator('body[data-phase=paused]').waitFor();
    await page.waitForTimeout(300);
    expect(await epoch(page)).toBe(paused + 1);

    const entries = page.locator('#changes li');
    expect(await entries.count()).toBeGreaterThan(0);
    expect(await entries.first().innerText()).toMatch(/(kept|rejected|blocked)\s+(add|remove) on axis 0\s+loss [+−]\d.*step \d+, width \d+: loss .* and weights/s);
    await page.locator('#reset').click();
    await ready(page);
    expect([await widths(page), await entries.count()]).toEqual(['4', 0]);
    expect(complaints).toEqual([]);
  });

  it('gives the same run again after starting over', async () => {
    await using opened = await open();
    const { page } = opened;
    const figures: string[] = [];
    for (let round = 0; round < 2; round++) {
      for (let steps = 1; steps <= 3; steps++) {
        await page.locator('#step').click();
        await reach(page, steps);
        await page.locator('body[data-phase=paused]').waitFor();
      }
      figures.push(await page.locator('#readouts').innerText());
      await page.locator('#reset').click();
      await ready(page);
    }
    expect(figures[0]).toBe(figures[1]);
  });

  it('downloads a model that the package reads and that predicts', async () => {
    await using opened = await open();
    const { page } = opened;
    await page.locator('#run').click();
    await expect.poll(async () => Number.parseFloat(await readout(page, 'Accuracy')), { timeout: WAIT_MS, message: '90 % accuracy' }).toBeGreaterThan(90);
    const { name, bytes } = await download(page);
    expect(name).toMatch(/^cambium-digits-\d+\.safetensors$/);
    const model = await DynamicModel.load(bytes);
    const data = await Dataset.from(await digits());
    expect((await model.evaluate(data)).accuracy).toBeGreaterThan(0.9);
    expect(name).toContain(`-${(await model.widths()).join('-')}.`);
    model.dispose();
    data.dispose();
  });
});

describe('spirals', () => {
  it('draws the decision surface while widths change', async () => {
    await using opened = await open();
    const { page, complaints } = opened;
    await choose(page, 'Spirals');
    await expect.poll(() => page.locator('#picture-title').innerText()).toBe('Decision surface');
    const before = { surface: await pixels(page, 'picture'), network: await pixels(page, 'network'), widths: await widths(page) };
    await page.locator('#run').click();
    await reach(page, 20);
    await expect.poll(() => widths(page), { timeout: WAIT_MS, message: 'widths other than at the start' }).not.toBe(before.widths);
    const surfaces = new Set([before.surface]);
    await expect.poll(async () => surfaces.add(await pixels(page, 'picture')).size, { timeout: WAIT_MS, message: 'three surfaces' }).toBeGreaterThan(3);
    expect(await pixels(page, 'network')).not.toBe(before.network);
    expect(complaints).toEqual([]);
  });

  it('takes the two knobs as they are moved', async () => {
    await using opened = await open();
    const { page } = opened;
    await choose(page, 'Moons');
    await page.locator('#updates').fill('0');
    await expect.poll(() => page.locator('#updates-hint').innerText()).toBe('Widths stay as they are');
    await page.locator('#run').click();
    await reach(page, 5);
    expect(await page.locator('#changes li').count()).toBe(0);
    await page.locator('#updates').fill('16');
    await page.locator('#penalty').fill('12');
    await expect.poll(() => page.locator('#penalty-value').innerText()).toBe('1 × 10⁻²');
    await expect.poll(() => page.locator('#changes li small').first().innerText(), { timeout: WAIT_MS }).toContain('at 0.01 each');
  });
});

describe('a CSV file', () => {
  it('is read, trained on, and its model takes rows as they stand in the file', async () => {
    await using opened = await open();
    const { page, complaints } = opened;
    await drop(page, 'people.csv', table);
    await says(page, /people\.csv, 150 rows, 2 features; “kind” read as 2 classes/);
    await ready(page);
    await page.locator('#run').click();
    await reach(page, 40);
    const { name, bytes } = await download(page);
    expect(name).toMatch(/^cambium-people-\d+-\d+\.safetensors$/);
    const model = await DynamicModel.load(bytes);
    const rows = [110, 120, 130, 150, 200, 210, 220, 240].map((height) => [height, 25]);
    expect([...(await model.predict(rows)).labels()]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    model.dispose();
    expect(complaints).toEqual([]);
  });

  it('with numbers as targets is fitted in their own units', async () => {
    await using opened = await open();
    const { page } = opened;
    await drop(page, 'line.csv', Array.from({ length: 200 }, (_, i) => `${i},${500 + 3 * i + 0.5}`).join('\n'));
    await says(page, /line\.csv.*read as numbers/);
    await ready(page);
    expect(await page.locator('#accuracy-card').isHidden()).toBe(true);
    await page.locator('#run').click();
    await expect.poll(async () => Number.parseFloat(await readout(page, 'Loss')), { timeout: WAIT_MS, message: 'a small loss' }).toBeLessThan(0.01);
    const model = await DynamicModel.load((await download(page)).bytes);
    const { data } = await model.predict([[50], [150]]);
    expect(Math.abs(data[0]! - 650)).toBeLessThan(60);
    expect(Math.abs(data[1]! - 950)).toBeLessThan(60);
    model.dispose();
  });

  it('that is bad is refused with its line, and what ran stays', async () => {
    await using opened = await open();
    const { page, complaints } = opened;
    await page.locator('#step').click();
    await reach(page, 1);
    await drop(page, 'bad.csv', table.replace('\n103,', '\ntall,'));
    const alert = page.locator('#error');
    await expect.poll(() => alert.innerText(), { timeout: WAIT_MS }).toBe('Line 5, column 1 (height) is "tall": features must be numbers (of 32 bits).');
    expect(await page.locator('input[name=source][value=digits]').isChecked()).toBe(true);
    expect(await epoch(page)).toBe(1);
    await page.locator('#file').setInputFiles({ name: 'good.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
    await expect.poll(() => alert.isHidden(), { timeout: WAIT_MS }).toBe(true);
    await ready(page);
    await expect.poll(() => page.locator('#drop').innerText()).toMatch(/^good\.csv\s+150 rows, 2 features/);
    expect(complaints).toEqual([]);
  });
});

describe('isolation', () => {
  it('with the headers there are threads', async () => {
    await using opened = await open(isolated);
    const { page, complaints } = opened;
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await page.locator('#engine').innerText()).toMatch(/Module\s+(relaxed|simd128)-threads\s+Threads\s+([2-8])\s/);
    expect(complaints).toEqual([]);
  });

  it('without them it trains on one thread and says why', async () => {
    await using opened = await open(plain);
    const { page, complaints } = opened;
    expect(await page.locator('#engine').innerText()).toMatch(/Threads\s+1\s[^]*needs the COOP and COEP headers/);
    await page.locator('#run').click();
    await reach(page, 3);
    expect(complaints).toEqual([]);
  });
});

describe('an engine that cannot be loaded', () => {
  it('is told of, and tried again on reset', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.route('**/*.wasm', (route) => route.fulfill({ status: 404, body: 'not here' }));
    await page.goto(`${isolated.url}${built.path}`);
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

describe('by keyboard alone', () => {
  it('data is chosen, and training started and paused, with the focus to be seen', async () => {
    await using opened = await open();
    const { page, complaints } = opened;
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id || (document.activeElement as HTMLInputElement).value || document.activeElement!.tagName);
    const outline = (): Promise<string> => page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
    await page.keyboard.press('Tab');
    expect([await focused(), await outline()]).toEqual(['run', 'solid']);
    await page.keyboard.press('Enter');
    await reach(page, 3);
    expect(await page.locator('#run').innerText()).toBe('Pause');
    await page.keyboard.press('Enter');
    await says(page, /^Paused/);
    expect([await focused(), await page.locator('#run').innerText()]).toEqual(['run', 'Start']);

    await page.keyboard.press('Tab');
    const before = await epoch(page);
    for (let steps = 1; steps <= 2; steps++) {
      await page.keyboard.press('Enter');
      await reach(page, before + steps);
      await page.locator('body[data-phase=paused]').waitFor();
    }
    expect(await focused()).toBe('step');
    await page.keyboard.press('Shift+Tab');

    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual(['step', 'reset', 'digits']);
    await page.keyboard.press('ArrowRight');
    await says(page, /^Ready: spirals/);
    expect(await focused()).toBe('spirals');
    const rest: string[] = [];
    for (let i = 0; i < 7; i++) {
      await page.keyboard.press('Tab');
      rest.push(await focused());
    }
    expect(rest).toEqual(['file', 'updates', 'penalty', 'download', 'SUMMARY', 'kept-only', 'changes']);
    expect(complaints).toEqual([]);
  });

  it('every control has a name', async () => {
    await using opened = await open();
    const { page } = opened;
    const names = await page.locator('button, input, canvas[role=img], [tabindex]').evaluateAll((all) =>
      all.map((each) => each.ariaLabel || each.textContent || [...((each as HTMLInputElement).labels ?? [])].map((label) => label.textContent).join('')),
    );
    expect(names.length).toBeGreaterThan(14);
    expect(names.filter((name) => name.trim() === '')).toEqual([]);
  });
});

describe('sizes and colours', () => {
  const artefacts = fileURLToPath(new URL('../artifacts/', import.meta.url));
  const phone = { viewport: { width: 375, height: 812 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
  it.each([
    ['desktop-light', 'Spirals', {}],
    ['desktop-dark', 'Digits', { colorScheme: 'dark' }],
    ['tablet', 'Circles', { viewport: { width: 820, height: 1180 } }],
    ['phone', 'Moons', phone],
    ['phone-dark', 'Digits', { ...phone, colorScheme: 'dark' }],
  ] as const)('%s: nothing overflows', async (name, data, options) => {
    await using opened = await open(isolated, options);
    const { page, complaints } = opened;
    await choose(page, data);
    await page.locator('#run').click();
    await reach(page, 30);
    const overflowing = await page.evaluate(() => {
      const width = document.documentElement.clientWidth;
      const wide = [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > width + 0.5);
      return { scroll: document.documentElement.scrollWidth - width, wide: wide.map((each) => each.outerHTML.slice(0, 100)) };
    });
    expect(overflowing).toEqual({ scroll: 0, wide: [] });
    // A window as high as the page, since parts out of sight are not drawn.
    const size = page.viewportSize()!;
    await page.setViewportSize({ width: size.width, height: await page.evaluate(() => document.documentElement.scrollHeight) });
    await page.waitForTimeout(500);
    await page.screenshot({ path: `${artefacts}${name}.png` });
    expect(complaints).toEqual([]);
  });
});

describe('the development server', () => {
  it('serves a page that trains on threads', async () => {
    const server = await createServer({ root: built.root, logLevel: 'warn', server: { host: '127.0.0.1', port: 0 } });
    try {
      await server.listen();
      await using opened = await visit(browser, server.resolvedUrls!.local[0]!);
      const { page } = opened;
      expect(await page.locator('#engine').innerText()).toMatch(/Threads\s+[2-8]\s/);
      await page.locator('#run').click();
      await reach(page, 3);
    } finally {
      await server.close();
    }
  }, BUILD_MS);
});
