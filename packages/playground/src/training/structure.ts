import type { GrowthEvent } from 'cambium';

/** The units of each layer, inputs first and outputs last, by numbers that stay with a unit for life. */
export type Structure = readonly (readonly number[])[];

let next = 0;

/** New units: `widths` from the inputs to the outputs. */
export function structureOf(widths: readonly number[]): Structure {
  return widths.map((width) => Array.from({ length: width }, () => next++));
}

/** The units after an event. Hidden axis `n` is layer `n + 1` here. */
export function applied(structure: Structure, event: GrowthEvent): Structure {
  const { axis, index, kind, verdict } = event;
  if (verdict !== 'kept' || axis === undefined || index === undefined) return structure;
  const units = [...structure[axis + 1]!];
  if (kind === 'add') units.splice(index, 0, next++);
  else units.splice(index, 1);
  return structure.map((old, layer) => (layer === axis + 1 ? units : old));
}

/** Widths of the hidden layers. */
export function hiddenWidths(structure: Structure): number[] {
  return structure.slice(1, -1).map((units) => units.length);
}
