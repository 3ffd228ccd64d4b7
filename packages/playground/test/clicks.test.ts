/** The built page in a real Chromium: what a person would click through. */
import { Dataset, DynamicModel } from 'cambium';
import { digits } from 'cambium/data';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { choose, pixels, reach, readout, ready, says, settled, WAIT_MS } from './support/playground.ts';
import { download, usePlayground } from './support/site.ts';

const playground = usePlayground();
const widths = (page: Page): Promise<string> => readout(page, 'Hidden widths');

describe('digits', () => {
  it('trains, pauses, steps, starts over', async () => {
    await using opened = await playground.open();
    const { page, complaints } = opened;
    expect(await widths(page)).toBe('4');
    await page.locator('#run').click();
    await reach(page, 5);
    await page.locator('#run').click();
    await says(page, /^Paused after epoch \d+: [\d.]+ % right, loss/);
    const paused = await settled(page);

    await page.locator('#step').click();
    await reach(page, paused + 1);
    await page.locator('body[data-phase=paused]').waitFor();
    expect(await settled(page)).toBe(paused + 1);

    const entries = page.locator('#changes li');
    await expect.poll(() => entries.count()).toBeGreaterThan(0);
    expect(await entries.first().innerText()).toMatch(/(kept|rejected|blocked)\s+(add|remove) on axis 0\s+loss [+−]\d.*step \d+, width \d+: loss .* and weights/s);
    await page.locator('#reset').click();
    await ready(page);
    expect(await widths(page)).toBe('4');
    await expect.poll(() => entries.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('gives the same run again after starting over', async () => {
    await using opened = await playground.open();
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
    await using opened = await playground.open();
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
    await using opened = await playground.open();
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
    await using opened = await playground.open();
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
