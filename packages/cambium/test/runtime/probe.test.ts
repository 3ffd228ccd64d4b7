import { expect, test } from 'vitest';
import { probeSharedMemory, probeSimd } from '../../src/runtime/probe.ts';

test('Node has SIMD and shared memory, and fuses only what it accepts', () => {
  const found = probeSimd();
  expect(found.simd).toBe(true);
  expect(found.relaxed || !found.fused).toBe(true);
  expect(probeSharedMemory()).toBe(true);
});
