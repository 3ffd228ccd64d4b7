/** A linear or logarithmic map from values to places on paper. */
export interface Scale {
  /** The place of a value. */
  at: (value: number) => number;
  /** Round values to mark, smallest first. */
  ticks: number[];
}

/** The round step (1, 2 or 5 times a power of ten) that cuts `span` into at most `count` parts. */
function roundStep(span: number, count: number): number {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((n) => n * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function spread(
  from: number,
  to: number,
  places: readonly [number, number],
  forward: (value: number) => number,
): Scale['at'] {
  const [low, high] = [forward(from), forward(to)];
  return (value) => places[0] + ((forward(value) - low) / (high - low || 1)) * (places[1] - places[0]);
}

/** A linear scale from `low` to `high`, widened to round values unless `whole`, which keeps the ends and marks whole
 * numbers only. */
export function linearScale(
  low: number,
  high: number,
  places: readonly [number, number],
  count = 5,
  whole = false,
): Scale {
  const top = high > low ? high : low + 1;
  const round = roundStep(top - low, count);
  const step = whole ? Math.max(1, round) : round;
  const from = whole ? low : Math.floor(low / step + 1e-9) * step;
  const to = whole ? top : Math.ceil(top / step - 1e-9) * step;
  const first = Math.ceil(from / step - 1e-9);
  const ticks = Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
  return { at: spread(from, to, places, (value) => value), ticks };
}

/** A logarithmic scale over positive values, with ticks at 1, 2 and 5 times powers of ten. */
export function logScale(low: number, high: number, places: readonly [number, number]): Scale {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const n of [1, 2, 5]) ticks.push(Number((n * 10 ** power).toPrecision(6)));
  }
  const from = ticks.filter((tick) => tick <= low * (1 + 1e-9)).at(-1) ?? low;
  const to = ticks.find((tick) => tick >= high * (1 - 1e-9)) ?? high;
  const inside = ticks.filter((tick) => tick >= from && tick <= to);
  const shown = inside.length > 9 ? inside.filter((tick) => /^(10*|0\.0*1|1e.*)$/.test(String(tick))) : inside;
  return { at: spread(from, to, places, Math.log10), ticks: shown };
}
