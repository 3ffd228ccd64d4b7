import { startChromium, visit } from '../../bundlers/chromium.ts';
import { ISOLATION, serve } from '../../bundlers/serve.ts';
import { inTime, type Runtime } from '../runtime.ts';
import type { Outcome } from '../scenario.ts';

/** Chromium, on a page that is isolated from other origins or not. */
export function chromium(isolated: boolean): Runtime {
  return {
    name: `Chromium, page ${isolated ? 'isolated' : 'not isolated'}`,
    loading: 'fetch',
    pinned: false,
    async run(folder) {
      const [site, browser] = await Promise.all([serve(folder, isolated ? ISOLATION : {}), startChromium()]);
      try {
        const { value, errors } = await inTime(visit<Outcome>(browser, site.url, 'outcome'), 'the page in Chromium');
        if (errors.length > 0) throw new Error(`errors in the page: ${errors.join('; ')}`);
        return { version: browser.version(), outcome: value };
      } finally {
        await Promise.all([browser.close(), site.close()]);
      }
    },
  };
}
