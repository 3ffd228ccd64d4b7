/** From values to places on paper. */

/** A map from values to places, with round values to mark. */
export interface Scale {
  at: (value: number) => number;
  ticks: readonly number[];
}

/** A linear scale over `values`, from place `first` to place `last`. */
export function linear(values: readonly number[], first: number, last: number): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const rough = (high - low || 1) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((n) => n * power >= rough)!;
  const [from, to] = [Math.floor(low / step), Math.ceil(high / step)];
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * step).toPrecision(12)));
  return { at: (value) => first + ((value / step - from) / (to - from || 1)) * (last - first), ticks };
}

/** A logarithmic scale over positive `values`, marked at 1, 2 and 5 times powers of ten. */
export function logarithmic(values: readonly number[], first: number, last: number): Scale {
  const [low, high] = [Math.min(...values) / 1.15, Math.max(...values) * 1.15].map(Math.log10) as [number, number];
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const n of [1, 2, 5]) {
      const at = power + Math.log10(n);
      if (at >= low && at <= high) ticks.push(Number((n * 10 ** power).toPrecision(6)));
    }
  }
  return { at: (value) => first + ((Math.log10(value) - low) / (high - low)) * (last - first), ticks };
}
