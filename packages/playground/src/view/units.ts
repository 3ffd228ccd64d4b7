import type { Structure } from '../training/structure.ts';
import type { Layout, Place } from './layout.ts';

/** Time for which a new unit is marked, and in which an old one fades. */
export const BIRTH_MS = 900;
export const DEATH_MS = 600;
/** Time in which a unit goes two thirds of its way to a new place. */
const GLIDE_MS = 90;

const still = matchMedia('(prefers-reduced-motion: reduce)');

/** A unit on its way to a place. */
export interface Unit extends Place {
  layer: number;
  radius: number;
  target: Place;
  /** When it came or went; undefined for what was there from the start, and for what stays. */
  born?: number;
  gone?: number;
}

/** The units on the picture by their numbers: those of the structure, and those that fade. */
export class Units {
  readonly all = new Map<number, Unit>();
  #structure: Structure | undefined;

  /** Takes a structure over. Units of another model appear at once; those of a change come and go. */
  follow(structure: Structure, plan: Layout, now: number): void {
    const sameModel = this.#structure?.[0] === structure[0];
    if (!sameModel) this.all.clear();
    const present = new Set(structure.flat());
    for (const [id, unit] of this.all) {
      if (present.has(id)) continue;
      if (still.matches) this.all.delete(id);
      else unit.gone ??= now;
    }
    structure.forEach((ids, layer) =>
      ids.forEach((id, index) => {
        const [target, radius] = [plan.places[layer]![index]!, plan.radius[layer]!];
        const unit = this.all.get(id);
        if (unit) Object.assign(unit, { target, radius });
        else this.all.set(id, { ...target, layer, radius, target, ...(sameModel && !still.matches && { born: now }) });
      }),
    );
    this.#structure = structure;
  }

  /** Moves all units on; true while any is under way. */
  advance(now: number, elapsed: number): boolean {
    const share = still.matches ? 1 : 1 - Math.exp(-elapsed / GLIDE_MS);
    let moving = false;
    for (const [id, unit] of this.all) {
      const [dx, dy] = [unit.target.x - unit.x, unit.target.y - unit.y];
      const near = Math.abs(dx) + Math.abs(dy) < 0.3;
      unit.x += near ? dx : share * dx;
      unit.y += near ? dy : share * dy;
      if (unit.born !== undefined && now - unit.born >= BIRTH_MS) delete unit.born;
      if (unit.gone !== undefined && now - unit.gone >= DEATH_MS) this.all.delete(id);
      moving ||= !near || unit.born !== undefined || unit.gone !== undefined;
    }
    return moving;
  }
}
