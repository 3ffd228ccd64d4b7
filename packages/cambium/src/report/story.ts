import type { GrowthEvent } from '../runtime/reports.ts';

/** A width from some step on. */
interface Point {
  step: number;
  width: number;
}

/** A decision where it stands in the picture: on the line of an axis at some width, or beside the lines. */
export interface Place {
  line?: Line;
  width?: number;
}

/** A decision and all its places; only the removal of features of several axes at once has more than one. */
export interface Decision {
  event: GrowthEvent;
  places: Place[];
}

/** A hidden axis, or the features of the rows that are in use, in the life of a model. */
export interface Line {
  /** Its widths; each holds until the next. */
  points: Point[];
  /** The step at which it came with a layer. */
  from?: number;
  /** The step at which it went with a layer. */
  until?: number;
}

/** What the decisions of a model say about its axes. */
export interface Story {
  /** The features of the rows that are in use, where anything is known of them. */
  inputs: Line | undefined;
  /** The axes of which something is known, first to last, those that are gone among them. */
  lines: Line[];
  /** The number of each axis at the end; those that are gone have none. */
  numbers: Map<Line, number>;
  /** The decisions, in order. */
  decisions: Decision[];
}

/** By how much a change of some kind changes a width. */
export const gains: Partial<Record<GrowthEvent['kind'], number>> = { add: 1, remove: -1, restoreInput: 1, dropInput: -1 };

/** The axes as the events go by: `now` by their present numbers, `all` as they are drawn. */
class Axes {
  readonly now: (Line | undefined)[] = [];
  readonly all: Line[] = [];
  inputs: Line | undefined;

  /** The line of axis `axis`, of which at `step` the width is known to be `width`. */
  at(axis: number, step: number, start: number, width: number): Line {
    let line = this.now[axis];
    if (!line) {
      line = { points: [{ step: start, width }] };
      this.#insert(axis, line);
      this.now[axis] = line;
    }
    return known(line, step, width);
  }

  /** The line of the inputs, of which `width` are known to be in use at `step`. */
  ofInputs(step: number, start: number, width: number): Line {
    return known((this.inputs ??= { points: [{ step: start, width }] }), step, width);
  }

  /** A new axis behind axis `axis`, of the same width. */
  split(axis: number, step: number, start: number, width: number): void {
    this.at(axis, step, start, width);
    const line = { points: [{ step, width }], from: step };
    this.now.splice(axis + 1, 0, line);
    this.#insert(axis + 1, line);
  }

  /** Axis `axis` is gone. */
  end(axis: number, step: number): void {
    const [line] = this.now.splice(axis, 1);
    if (line) line.until = step;
  }

  /** Behind the nearest axis before it. */
  #insert(axis: number, line: Line): void {
    const before = this.now.slice(0, axis).filter((each) => each !== undefined).at(-1);
    this.all.splice(before ? this.all.indexOf(before) + 1 : 0, 0, line);
  }
}

/** `line`, which has `width` at `step`: where decisions were forgotten, it jumps. */
function known(line: Line, step: number, width: number): Line {
  if (line.points.at(-1)!.width !== width) line.points.push({ step, width });
  return line;
}

/** Follows `events` from the first step, `start`. */
export function story(events: readonly GrowthEvent[], start: number): Story {
  const axes = new Axes();
  const decisions = events.map((event) => ({ event, places: placesOf(event, axes, start) }));
  const numbers = new Map(axes.now.flatMap((line, axis) => (line ? [[line, axis] as const] : [])));
  return { inputs: axes.inputs, lines: axes.all, numbers, decisions };
}

/** By how much an event would change the width that it tells of. New inputs stand behind those of the rows before. */
function gainOf({ kind, index, width }: GrowthEvent, axes: Axes): number {
  if (kind !== 'addInputs') return gains[kind] ?? 0;
  return width! - (axes.inputs?.points.at(-1)!.width ?? Math.min(index!, width!));
}

function placesOf(event: GrowthEvent, axes: Axes, start: number): Place[] {
  const { kind, verdict, axis, width, step } = event;
  const kept = verdict === 'kept';
  if (kind === 'addLayer' || kind === 'removeLayer') {
    if (kept && axis !== undefined && kind === 'addLayer') axes.split(axis, step, start, width!);
    if (kept && axis !== undefined && kind === 'removeLayer') axes.end(axis, step);
    return [{}];
  }
  if (event.removed && event.removed.length > 0) return removals(event, axes, start);
  if (width === undefined || (axis === undefined && !/Inputs?$/.test(kind))) return [{}];
  const gain = gainOf(event, axes);
  const before = kept ? width - gain : width;
  const line = axis === undefined ? axes.ofInputs(step, start, before) : axes.at(axis, step, start, before);
  if (kept && gain !== 0) line.points.push({ step, width });
  // A try stands where it would have led.
  return [{ line, width: verdict === 'undone' ? width + gain : width }];
}

/** Features of one or more axes that went, or would have gone, at once. */
function removals({ removed, verdict, step }: GrowthEvent, axes: Axes, start: number): Place[] {
  const touched = [...new Set(removed!.map(({ axis }) => axis))].sort((a, b) => a - b);
  return touched.map((axis) => {
    const widths = removed!.filter((feature) => feature.axis === axis).map((feature) => feature.width);
    const after = Math.min(...widths);
    const line = axes.at(axis, step, start, after + widths.length);
    if (verdict === 'kept') line.points.push({ step, width: after });
    return { line, width: after };
  });
}
