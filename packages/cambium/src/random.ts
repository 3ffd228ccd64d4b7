/**
 * A small generator for the JavaScript side (splits, the order of rows under a custom loss): mulberry32 by Tommy Ettinger.
 * Whole-number arithmetic only, so every runtime draws the same.
 *
 * @returns draws a whole number from 0 to `n - 1`
 */
export function randomBelow(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  };
}

/** The numbers 0 to `n - 1` in an order drawn by `below` (Fisher & Yates). */
export function shuffled(n: number, below: (n: number) => number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
