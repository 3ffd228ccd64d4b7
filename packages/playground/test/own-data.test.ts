/** CSV files on the built page. */
import { DynamicModel } from 'cambium';
import { describe, expect, it } from 'vitest';
import { drop, epoch, reach, readout, ready, says, WAIT_MS } from './support/playground.ts';
import { download, usePlayground } from './support/site.ts';

const playground = usePlayground();

/** Rows of two classes that a threshold parts, with a header. */
const table = ['height,width,kind', ...Array.from({ length: 150 }, (_, i) => `${100 + i},${(i * 37) % 50},${100 + i > 175 ? 'tall' : 'short'}`)].join('\n');

describe('a CSV file', () => {
  it('is read, trained on, and its model takes rows as they stand in the file', async () => {
    await using opened = await playground.open();
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
    await using opened = await playground.open();
    const { page } = opened;
    await drop(page, 'line.csv', Array.from({ length: 200 }, (_, i) => `${i},${500 + 3 * i + 0.5}`).join('\n'));
    await says(page, /line\.csv.*read as numbers/);
    await ready(page);
    await page.locator('#accuracy-card').waitFor({ state: 'hidden' });
    await page.locator('#run').click();
    await expect.poll(async () => Number.parseFloat(await readout(page, 'Loss')), { timeout: WAIT_MS, message: 'a small loss' }).toBeLessThan(0.01);
    const model = await DynamicModel.load((await download(page)).bytes);
    const { data } = await model.predict([[50], [150]]);
    expect(Math.abs(data[0]! - 650)).toBeLessThan(60);
    expect(Math.abs(data[1]! - 950)).toBeLessThan(60);
    model.dispose();
  });

  it('that is bad is refused with its line, and what ran stays', async () => {
    await using opened = await playground.open();
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
