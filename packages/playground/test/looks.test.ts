/** The built page by keyboard, in all sizes and colours. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { choose, epoch, reach, says } from './support/playground.ts';
import { usePlayground } from './support/site.ts';

const playground = usePlayground();

describe('by keyboard alone', () => {
  it('data is chosen, and training started and paused, with the focus to be seen', async () => {
    await using opened = await playground.open();
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
    await using opened = await playground.open();
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
    await using opened = await playground.open(options);
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
