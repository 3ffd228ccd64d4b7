import { describe, expect, test } from 'vitest';
import { choose } from '../../src/runtime/choose.ts';
import type { Probes } from '../../src/runtime/probe.ts';

const best: Probes = { simd: true, relaxed: true, fused: true, sharedMemory: true, cores: 4, workers: true, mayBlock: true };

describe('choose', () => {
  test('takes the fastest where everything is there', () => {
    expect(choose(best, {})).toEqual({ module: 'relaxed-threads', numerics: 'fast', threads: 4, host: 'worker', reasons: [] });
  });

  test('takes simd128 for portable numerics, without a reason: it was asked for', () => {
    expect(choose(best, { numerics: 'portable', threads: 1 })).toMatchObject({ module: 'simd128', numerics: 'portable', reasons: [] });
  });

  test.each([
    [{ relaxed: false, fused: false }, 'relaxed SIMD is not supported here'],
    [{ fused: false }, 'relaxed_madd is not fused here'],
  ])('falls back to portable numerics for %o', (probes, cause) => {
    const choice = choose({ ...best, ...probes }, { numerics: 'fast' });
    expect(choice).toMatchObject({ module: 'simd128-threads', numerics: 'portable' });
    expect(choice.reasons).toEqual([`numerics: portable, because ${cause}`]);
  });

  test.each([
    [{ sharedMemory: false }, {}, 'memory cannot be shared'],
    [{ workers: false }, {}, 'workers cannot be started'],
    [{ mayBlock: false }, { host: 'inline' as const }, 'may not wait'],
  ])('falls back to one thread for %o', (probes, options, cause) => {
    const choice = choose({ ...best, ...probes }, { ...options, threads: 3 });
    expect(choice).toMatchObject({ module: 'relaxed', threads: 1 });
    expect(choice.reasons.join()).toContain('threads: 1 instead of 3');
    expect(choice.reasons.join()).toContain(cause);
  });

  test('hosts inline where there are no workers', () => {
    const choice = choose({ ...best, workers: false }, { threads: 1 });
    expect(choice.host).toBe('inline');
    expect(choice.reasons).toEqual(['host: inline, because workers cannot be started here']);
  });

  test('bounds the threads it takes by itself, not those asked for', () => {
    expect(choose({ ...best, cores: 64 }, {}).threads).toBe(8);
    expect(choose({ ...best, cores: 2 }, { threads: 12 }).threads).toBe(12);
    expect(choose({ ...best, cores: 1, sharedMemory: false }, {})).toMatchObject({ threads: 1, reasons: [] });
  });

  test('needs SIMD', () => {
    expect(() => choose({ ...best, simd: false }, {})).toThrow(expect.objectContaining({ code: 'LOAD_FAILED' }));
  });
});
