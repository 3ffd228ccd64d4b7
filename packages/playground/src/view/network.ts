import type { View } from '../store.ts';
import type { State } from '../training/state.ts';
import { hiddenWidths, type Structure } from '../training/structure.ts';
import { Surface } from './canvas.ts';
import { byId } from './dom.ts';
import { layoutOf } from './layout.ts';
import { drawTitles, drawUnits } from './network-draw.ts';
import { themeVersion } from './theme.ts';
import { Units } from './units.ts';

/** Motion is drawn at most this often: 30 times a second are enough for the eye, at half the cost. */
const MOTION_MS = 30;

function describe(structure: Structure): string {
  return `Network: ${structure[0]!.length} inputs, hidden widths ${hiddenWidths(structure).join(', ')}, ${structure.at(-1)!.length} outputs`;
}

/** The units of the network, a column for each layer; those that come and go are marked for a moment. */
export function networkView(redraw: () => void): View<State> {
  const surface = new Surface(byId('network', HTMLCanvasElement), redraw);
  const units = new Units();
  let shown: Structure | undefined;
  let [version, last, moving] = [-1, 0, false];
  return ({ run }, now) => {
    if (!run) return false;
    const { structure, task } = run;
    const changed = structure !== shown || version !== themeVersion() || surface.resized;
    if (!changed && !moving) return false;
    if (!changed && now - last < MOTION_MS) return true;
    if (!surface.begin()) return false;
    const plan = layoutOf(structure, task, surface.width, surface.height);
    if (changed) units.follow(structure, plan, now);
    moving = units.advance(now, now - last);
    drawUnits(surface.context, units.all.values(), structure.length, now);
    drawTitles(surface.context, structure, plan, surface.height);
    if (structure !== shown) surface.canvas.setAttribute('aria-label', describe(structure));
    [shown, version, last] = [structure, themeVersion(), now];
    return moving;
  };
}
