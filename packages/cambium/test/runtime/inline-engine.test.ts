import { afterEach, expect, test, vi } from 'vitest';
import type { EngineHost } from '../../src/runtime/host.ts';
import { InlineEngine } from '../../src/runtime/inline-engine.ts';
import type { EngineInfo } from '../../src/runtime/start-options.ts';

const info: EngineInfo = { module: 'simd128', numerics: 'portable', threads: 1, host: 'inline', memoryBytes: 2 ** 31, reasons: [] };

/** An engine whose calls take `milliseconds` by a clock that only they move. */
function engine(milliseconds: number): { engine: InlineEngine; ran: unknown[][] } {
  let now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const ran: unknown[][] = [];
  const host = {
    run: (_: string, args: unknown[]) => {
      now += milliseconds;
      ran.push(args);
    },
  };
  return { engine: new InlineEngine(host as unknown as EngineHost, info), ran };
}

/** How many calls, one after the other, were answered before another task had its turn, which `queue` queues. */
async function callsBefore(queue: (task: () => void) => unknown, inline: InlineEngine): Promise<number> {
  // The first call finds that no turn has begun, and begins one.
  await inline.call('fitChunk', 0);
  let fired = false;
  queue(() => (fired = true));
  let calls = 0;
  for (; !fired && calls < 1000; calls++) await inline.call('fitChunk', calls);
  return calls;
}

afterEach(() => {
  vi.restoreAllMocks();
});

test('calls run at once, in the order in which they are made', () => {
  const { engine: inline, ran } = engine(20);
  for (let fit = 1; fit <= 3; fit++) void inline.call('fitChunk', fit);
  expect(ran).toEqual([[1], [2], [3]]);
});

test('other tasks have their turn after one frame of work', async () => {
  expect(await callsBefore(setImmediate, engine(4).engine)).toBe(4);
  expect(await callsBefore(setImmediate, engine(20).engine)).toBe(1);
});

test('other tasks have their turn where the clock stands still while code runs', async () => {
  expect(await callsBefore(setImmediate, engine(0).engine)).toBe(16);
});

test('a timer that is due has its turn after two frames of work at most', async () => {
  const busy = (): void => {
    for (const end = performance.now() + 5; performance.now() < end; );
  };
  const inline = new InlineEngine({ run: busy } as unknown as EngineHost, info);
  // A frame has four calls.
  expect(await callsBefore((task) => setTimeout(task, 1), inline)).toBeLessThanOrEqual(8);
});

test('an engine that ended during a call rejects it, and all later ones', async () => {
  const { engine: inline } = engine(20);
  const pending = inline.call('fitChunk', 1);
  inline.stop('it was stopped');
  await expect(pending).rejects.toMatchObject({ code: 'ENGINE_DIED' });
  await expect(inline.call('memory')).rejects.toMatchObject({ code: 'ENGINE_DIED', message: expect.stringContaining('it was stopped') });
});
