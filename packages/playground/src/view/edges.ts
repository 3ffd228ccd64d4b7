import type { View } from '../store.ts';
import type { Snapshot, State } from '../training/state.ts';
import type { Structure } from '../training/structure.ts';
import { Surface } from './canvas.ts';
import { byId } from './dom.ts';
import { layoutOf, type Place } from './layout.ts';
import { colour, themeVersion } from './theme.ts';

/** More lines between two layers say nothing, and cost time. */
const MOST_EDGES = 100;
/** Lines are drawn in so many strengths, one path each. */
const STRENGTHS = 3;

/** The magnitude that about {@link MOST_EDGES} weights exceed, by a sample. */
function threshold(weights: Float32Array): number {
  if (weights.length <= MOST_EDGES) return 0;
  const stride = Math.ceil(weights.length / 4000);
  const sample = weights.filter((_, i) => i % stride === 0).map(Math.abs).sort();
  return sample[Math.floor(sample.length * (1 - MOST_EDGES / weights.length))]!;
}

/** Paths for the largest weights between units that are still there, by sign and strength. */
function pathsFor(weights: Float32Array, from: readonly (Place | undefined)[], to: readonly (Place | undefined)[]): Path2D[] {
  const least = threshold(weights);
  const most = weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-9);
  const paths = Array.from({ length: 2 * STRENGTHS }, () => new Path2D());
  weights.forEach((weight, i) => {
    if (Math.abs(weight) < least) return;
    const [start, end] = [from[Math.floor(i / to.length)], to[i % to.length]];
    if (!start || !end) return;
    const strength = Math.min(STRENGTHS - 1, Math.floor((STRENGTHS * Math.abs(weight)) / most));
    const path = paths[(weight > 0 ? STRENGTHS : 0) + strength]!;
    path.moveTo(start.x, start.y);
    path.lineTo(end.x, end.y);
  });
  return paths;
}

function draw(context: CanvasRenderingContext2D, snapshot: Snapshot, places: ReadonlyMap<number, Place>): void {
  const at = snapshot.structure.map((ids) => ids.map((id) => places.get(id)));
  snapshot.weights.forEach((weights, gap) => {
    pathsFor(weights, at[gap]!, at[gap + 1]!).forEach((path, i) => {
      const strength = ((i % STRENGTHS) + 1) / STRENGTHS;
      context.strokeStyle = colour(i < STRENGTHS ? '--negative' : '--positive');
      context.globalAlpha = 0.15 + 0.5 * strength * strength;
      context.lineWidth = 0.5 + strength;
      context.stroke(path);
    });
  });
  context.globalAlpha = 1;
}

/** The largest weights of the network, as lines behind its units: colour by sign, strength by size. */
export function edgesView(redraw: () => void): View<State> {
  const surface = new Surface(byId('edges', HTMLCanvasElement), redraw);
  let shown: { structure?: Structure; snapshot?: Snapshot; version?: number } = {};
  return ({ run }) => {
    if (!run) return false;
    const { structure, snapshot, task } = run;
    const version = themeVersion();
    const same = structure === shown.structure && snapshot === shown.snapshot && version === shown.version;
    if ((same && !surface.resized) || !surface.begin()) return false;
    shown = { structure, snapshot, version };
    const { places } = layoutOf(structure, task, surface.width, surface.height);
    draw(surface.context, snapshot, new Map(structure.flatMap((ids, layer) => ids.map((id, i) => [id, places[layer]![i]!] as const))));
    return true;
  };
}
