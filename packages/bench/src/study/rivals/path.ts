/** What a network was on its way. */
import type { GrowthEvent, History } from 'cambium';
import { multiplyAdds, type Layout } from '../../networks.ts';

/** Means over the steps of a fit. */
export interface Path {
  /** Multiply-adds of one row forward. */
  macs: number;
  /** The network of the mean widths, rounded. */
  mean: Layout;
}

/** The path of a fit that began with `start`. */
export function pathOf(start: Layout, { events, steps, firstStep }: Pick<History, 'events' | 'steps' | 'firstStep'>): Path {
  const [input, filters, units] = [start.input, start.filters, start.units].map((sizes) => sizes.map(() => 0)) as [number[], number[], number[]];
  let [now, from, macs] = [start, 0, 0];
  const stay = (until: number): void => {
    const share = (until - from) / steps;
    macs += share * multiplyAdds(now);
    for (const [sums, sizes] of [[input, now.input], [filters, now.filters], [units, now.units]] as const) {
      sizes.forEach((size, i) => (sums[i]! += share * size));
    }
    from = until;
  };
  for (const event of events) {
    if (event.verdict !== 'kept') continue;
    stay(event.step - firstStep);
    now = after(now, event);
  }
  stay(steps);
  return { macs, mean: { input: input.map(Math.round), filters: filters.map(Math.round), units: units.map(Math.round) } };
}

/** `layout` after an event that was kept. */
function after({ input, filters, units }: Layout, event: GrowthEvent): Layout {
  if (event.kind === 'dropInput' || event.kind === 'restoreInput') return { input: [event.width!], filters, units };
  const next = { input, filters: [...filters], units: [...units] };
  for (const { axis, width } of event.removed ?? [event]) {
    if (axis === undefined || width === undefined) continue;
    if (axis < filters.length) next.filters[axis] = width;
    else next.units[axis - filters.length] = width;
  }
  return next;
}
