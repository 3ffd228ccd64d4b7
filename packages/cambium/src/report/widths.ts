import { isGrowth, isShrinkage } from '../history.ts';
import type { ReportData } from './data.ts';
import { gains } from './story.ts';

/** A width from some time on; times in epochs. */
export interface WidthPoint {
  time: number;
  width: number;
}

/** When structure came and went; times in epochs. */
export interface Marks {
  added: number[];
  removed: number[];
}

/** The time of a step in epochs, 0 at the start of the fit. */
function timeOf(step: number, history: ReportData): number {
  const perEpoch = history.epochs.length > 0 ? history.steps / history.epochs.length : 1;
  return perEpoch > 0 ? (step - history.firstStep) / perEpoch : 0;
}

/** When features and layers came and went. */
export function marks(history: ReportData): Marks {
  const times = (keep: typeof isGrowth) => history.events.filter(keep).map((event) => timeOf(event.step, history));
  return { added: times(isGrowth), removed: times(isShrinkage) };
}

/** By how much each event changed the width of axis `axis`. */
function changes(history: ReportData, axis: number): { time: number; by: number }[] {
  return history.events
    .filter((event) => event.verdict === 'kept')
    .map((event) => {
      const time = timeOf(event.step, history);
      if (event.removed) return { time, by: -event.removed.filter((feature) => feature.axis === axis).length };
      if (event.axis !== axis) return { time, by: 0 };
      return { time, by: gains[event.kind] ?? 0 };
    })
    .filter(({ by }) => by !== 0);
}

/**
 * The width of each hidden axis over time: every change where the axes stayed the same throughout, else the ends of the
 * epochs (a new layer renumbers the axes).
 */
export function widthLines(history: ReportData): WidthPoint[][] {
  const { epochs, events } = history;
  const last = epochs.at(-1);
  if (!last) return [];
  const renumbered = events.some((event) => event.verdict === 'kept' && /Layer$/.test(event.kind));
  const axes = Math.max(...epochs.map((epoch) => epoch.widths.length));
  return Array.from({ length: axes }, (_, axis) => {
    if (renumbered) {
      return epochs.flatMap(({ widths }, index) =>
        widths[axis] === undefined ? [] : [{ time: index + 1, width: widths[axis] }],
      );
    }
    const steps = changes(history, axis);
    let width = last.widths[axis]! - steps.reduce((sum, { by }) => sum + by, 0);
    const points = [{ time: 0, width }];
    for (const { time, by } of steps) points.push({ time, width: (width += by) });
    return [...points, { time: epochs.length, width }];
  });
}
