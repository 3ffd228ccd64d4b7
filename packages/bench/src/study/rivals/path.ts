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
  const [filters, units] = [start.filters.map(() => 0), start.units.map(() => 0)];
  let [now, from, macs] = [start, 0, 0];
  const stay = (until: number): void => {
    const share = (until - from) / steps;
    macs += share * multiplyAdds(now);
    now.filters.forEach((width, i) => (filters[i]! += share * width));
    now.units.forEach((width, i) => (units[i]! += share * width));
    from = until;
  };
  for (const event of events) {
    if (event.verdict !== 'kept') continue;
    stay(event.step - firstStep);
    now = after(now, event);
  }
  stay(steps);
  return { macs, mean: { input: start.input, filters: filters.map(Math.round), units: units.map(Math.round) } };
}

/** `layout` after an event that was kept. */
function after({ input, filters, units }: Layout, event: GrowthEvent): Layout {
  const next = { input, filters: [...filters], units: [...units] };
  for (const { axis, width } of event.removed ?? [event]) {
    if (axis === undefined || width === undefined) continue;
    if (axis < filters.length) next.filters[axis] = width;
    else next.units[axis - filters.length] = width;
  }
  return next;
}
