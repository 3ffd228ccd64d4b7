/** What a network cost on its way. */
import type { GrowthEvent, History } from 'cambium';
import { multiplyAdds, type Layout } from '../../networks.ts';

/** Multiply-adds of one row forward, the mean over the steps of a fit that began with `start`. */
export function meanProducts(start: Layout, { events, steps, firstStep }: Pick<History, 'events' | 'steps' | 'firstStep'>): number {
  let [now, sum, from] = [start, 0, 0];
  for (const event of events) {
    if (event.verdict !== 'kept') continue;
    const step = event.step - firstStep;
    sum += (step - from) * multiplyAdds(now);
    [now, from] = [after(now, event), step];
  }
  return (sum + (steps - from) * multiplyAdds(now)) / steps;
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
