/** What a network cost on its way. */
import type { GrowthEvent, History } from 'cambium';
import { multiplyAdds, type Layout } from '../../networks.ts';

/** Multiply-adds of one row forward, the mean over the steps of a fit that began with `start`. */
export function meanMultiplyAdds(start: Layout, { events, steps, firstStep }: Pick<History, 'events' | 'steps' | 'firstStep'>): number {
  let [now, from, mean] = [start, 0, 0];
  const stay = (until: number): void => {
    mean += ((until - from) / steps) * multiplyAdds(now);
    from = until;
  };
  for (const event of events) {
    if (event.verdict !== 'kept') continue;
    stay(event.step - firstStep);
    now = after(now, event);
  }
  stay(steps);
  return mean;
}

/** `layout` after an event that was kept. */
function after(layout: Layout, event: GrowthEvent): Layout {
  if (event.kind === 'dropInput' || event.kind === 'restoreInput') return { ...layout, input: [event.width!] };
  const { filters } = layout;
  const next = { ...layout, filters: [...filters], units: [...layout.units] };
  // A layer comes behind the axis that its event names, as wide as that, and goes with the axis in front of it.
  if (event.kind === 'addLayer') next.units.splice(event.axis! - filters.length + 1, 0, event.width!);
  if (event.kind === 'removeLayer') next.units.splice(event.axis! - filters.length, 1);
  if (event.kind === 'addLayer' || event.kind === 'removeLayer') return next;
  for (const { axis, width } of event.removed ?? [event]) {
    if (axis === undefined || width === undefined) continue;
    if (axis < filters.length) next.filters[axis] = width;
    else next.units[axis - filters.length] = width;
  }
  return next;
}
