/** What is told of repeated measurements. */

/** A median this far above the least means that something else was running. */
export const NOISY = 0.15;

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The standard deviation of a sample, 0 for one value. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** The least value. */
export function least(values: readonly number[]): number {
  return Math.min(...values);
}

/** How far the median lies above the least, as a share of it: near 0 on a quiet machine. */
export function noise(values: readonly number[]): number {
  return median(values) / least(values) - 1;
}
