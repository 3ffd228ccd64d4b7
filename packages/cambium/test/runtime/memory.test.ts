/** How much memory an engine can have. */
import { afterEach, describe, expect, test } from 'vitest';
import { engine, engineInfo, init, shutdown } from '../../dist/runtime/engine.js';
import { reserveMemory } from '../../src/runtime/load.ts';

test('memory is reserved up to the maximum', () => {
  const { memory, bytes } = reserveMemory(2 ** 26, true);
  expect(bytes).toBe(2 ** 26);
  expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(() => memory.grow(2 ** 26 / 65536)).toThrow(RangeError);
});

describe('where the whole maximum cannot be reserved', () => {
  const { Memory } = WebAssembly;
  const asked: number[] = [];

  /** Memory of which only `limit` bytes can be had, as on a system that reserves the maximum of a shared one at once. */
  function limitMemory(limit: number): void {
    WebAssembly.Memory = class extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        asked.push(descriptor.maximum! * 65_536);
        if (asked.at(-1)! > limit) throw new RangeError('could not allocate memory');
        super(descriptor);
      }
    };
  }

  afterEach(async () => {
    WebAssembly.Memory = Memory;
    asked.length = 0;
    await shutdown();
  });

  test.each([1, 2])('the engine takes a half, a quarter, ... and says so (%i threads)', async (threads) => {
    limitMemory(300 * 2 ** 20);
    const info = await init({ host: 'inline', threads });
    expect(asked).toEqual([2 ** 31, 2 ** 30, 2 ** 29, 2 ** 28]);
    const reason = 'memory: 268435456 bytes instead of 2147483648, because more cannot be reserved here';
    expect(info).toMatchObject({ memoryBytes: 2 ** 28, threads, reasons: [reason] });
    const { bytes } = await (await engine()).call('memory');
    // 4 MiB, and beside it 2 MiB for the stack of each further thread.
    expect(bytes).toBeLessThanOrEqual(2 ** 22 + 2 ** 18 + (threads - 1) * 2 ** 21);
  });

  test('there is an error that says how little there is where not even 16 MiB can be had', async () => {
    limitMemory(2 ** 24 - 1);
    const failed = init({ host: 'inline', threads: 1, maxMemory: 2 ** 26 });
    await expect(failed).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringMatching(/no 16777216 bytes .*could not allocate memory/) });
    expect(asked).toEqual([2 ** 26, 2 ** 25, 2 ** 24]);
    expect(engineInfo()).toBeUndefined();
    WebAssembly.Memory = Memory;
    expect((await init({ host: 'inline' })).memoryBytes).toBe(2 ** 31);
  });
});
