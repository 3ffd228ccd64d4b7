import type { View } from '../store.ts';
import type { Snapshot, State } from '../training/state.ts';
import { hiddenWidths, type Structure } from '../training/structure.ts';
import { Surface } from './canvas.ts';
import { byId } from './dom.ts';
import { layout, type Place } from './layout.ts';
import { drawEdges, drawTitles, drawUnit } from './network-draw.ts';
import { themeVersion } from './theme.ts';

const BIRTH_MS = 900;
const DEATH_MS = 600;
/** Time in which a unit goes two thirds of its way to a new place. */
const GLIDE_MS = 90;

/** A unit on its way. */
interface Unit extends Place {
  layer: number;
  target: Place;
  /** When it came or went; undefined for what was there from the start. */
  born?: number;
  gone?: number;
}

const still = matchMedia('(prefers-reduced-motion: reduce)');

/** The units on the picture by their numbers: those of the structure, and those that are fading. */
class Units {
  readonly all = new Map<number, Unit>();
  #structure: Structure | undefined;

  /** Takes a structure over. Units of another model appear at once, those of a change come and go. */
  follow(structure: Structure, places: Place[][], now: number): void {
    const sameModel = this.#structure?.[0] === structure[0];
    if (!sameModel) this.all.clear();
    const present = new Set(structure.flat());
    for (const [id, unit] of this.all) {
      if (present.has(id)) continue;
      if (still.matches) this.all.delete(id);
      else unit.gone ??= now;
    }
    structure.forEach((units, layer) =>
      units.forEach((id, index) => {
        const target = places[layer]![index]!;
        const unit = this.all.get(id);
        if (unit) unit.target = target;
        else this.all.set(id, { ...target, layer, target, ...(sameModel && !still.matches && { born: now }) });
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
      if (Math.abs(dx) + Math.abs(dy) > 0.3) {
        unit.x += share * dx;
        unit.y += share * dy;
        moving = true;
      } else [unit.x, unit.y] = [unit.target.x, unit.target.y];
      if (unit.gone !== undefined && now - unit.gone > DEATH_MS) this.all.delete(id);
      moving ||= unit.gone !== undefined || (unit.born !== undefined && now - unit.born < BIRTH_MS);
    }
    return moving;
  }
}

function describe(structure: Structure): string {
  return `Network: ${structure[0]!.length} inputs, hidden widths ${hiddenWidths(structure).join(', ')}, ${structure.at(-1)!.length} outputs`;
}

/** The network: a column of units for each layer, and the largest weights between them. */
export function networkView(redraw: () => void): View<State> {
  const surface = new Surface(byId('network', HTMLCanvasElement), redraw);
  const units = new Units();
  let shown: { structure?: Structure; snapshot?: Snapshot; version?: number } = {};
  let [last, moving] = [0, false];
  return ({ run }, now) => {
    if (!run) return false;
    const { structure, snapshot } = run;
    const version = themeVersion();
    const changed = structure !== shown.structure || snapshot !== shown.snapshot || version !== shown.version || surface.resized;
    if (!changed && !moving) return false;
    if (!surface.begin()) return false;
    const plan = layout(structure.map((layer) => layer.length), surface.width, surface.height);
    if (changed) units.follow(structure, plan.places, now);
    moving = units.advance(now, now - last);
    last = now;
    const { context } = surface;
    drawEdges(context, snapshot, units.all);
    for (const unit of units.all.values()) {
      const birth = unit.born === undefined ? 1 : Math.min(1, (now - unit.born) / BIRTH_MS);
      const death = unit.gone === undefined ? 0 : Math.min(1, (now - unit.gone) / DEATH_MS);
      drawUnit(context, unit, plan.radius[unit.layer]!, structure.length, birth, death);
    }
    drawTitles(context, structure, plan, surface.height);
    if (structure !== shown.structure) surface.canvas.setAttribute('aria-label', describe(structure));
    shown = { structure, snapshot, version };
    return moving;
  };
}
