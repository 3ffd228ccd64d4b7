/** What is told of repeated measurements. */

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** How far the median lies above the minimum, as a share of it: near 0 on a quiet machine. */
export function noise(values: readonly number[]): number {
  return median(values) / Math.min(...values) - 1;
}
