import type { Snapshot } from '../training/state.ts';
import type { Structure } from '../training/structure.ts';
import type { Layout, Place } from './layout.ts';
import { colour, seriesColour } from './theme.ts';

/** More lines between two layers say nothing. */
const MOST_EDGES = 500;
/** Lines are drawn in so many strengths, one path each. */
const STRENGTHS = 4;

/** The magnitude that at most {@link MOST_EDGES} weights exceed, guessed from a sample. */
function threshold(weights: Float32Array): number {
  if (weights.length <= MOST_EDGES) return 0;
  const stride = Math.ceil(weights.length / 4000);
  const sample = weights.filter((_, i) => i % stride === 0).map(Math.abs).sort();
  return sample[Math.floor(sample.length * (1 - MOST_EDGES / weights.length))]!;
}

/** Lines for the largest weights between units that are there: colour by sign, strength by size. */
export function drawEdges(context: CanvasRenderingContext2D, { structure, weights }: Snapshot, units: ReadonlyMap<number, Place & { gone?: number }>): void {
  const colours = [colour('--negative'), colour('--positive')];
  weights.forEach((layer, gap) => {
    const [from, to] = [structure[gap]!, structure[gap + 1]!];
    const least = threshold(layer);
    const most = layer.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-9);
    const paths = Array.from({ length: 2 * STRENGTHS }, () => new Path2D());
    from.forEach((id, i) => {
      const start = units.get(id);
      if (!start || start.gone !== undefined) return;
      for (let j = 0; j < to.length; j++) {
        const weight = layer[i * to.length + j]!;
        const end = units.get(to[j]!);
        if (Math.abs(weight) < least || !end || end.gone !== undefined) continue;
        const strength = Math.min(STRENGTHS - 1, Math.floor((STRENGTHS * Math.abs(weight)) / most));
        const path = paths[(weight > 0 ? STRENGTHS : 0) + strength]!;
        path.moveTo(start.x, start.y);
        path.lineTo(end.x, end.y);
      }
    });
    paths.forEach((path, i) => {
      const strength = ((i % STRENGTHS) + 1) / STRENGTHS;
      context.strokeStyle = colours[Math.floor(i / STRENGTHS)]!;
      context.globalAlpha = 0.1 + 0.55 * strength * strength;
      context.lineWidth = 0.6 + 1.2 * strength;
      context.stroke(path);
    });
  });
  context.globalAlpha = 1;
}

function layerColour(layer: number, layers: number): string {
  return layer === 0 || layer === layers - 1 ? colour('--faint') : seriesColour(layer - 1);
}

/** One unit. `birth` runs from 0 to 1 when it comes, `death` when it goes. */
export function drawUnit(context: CanvasRenderingContext2D, unit: Place & { layer: number }, radius: number, layers: number, birth: number, death: number): void {
  const grown = Math.min(1, birth * 4) * (1 - death);
  context.beginPath();
  context.arc(unit.x, unit.y, radius * grown, 0, 2 * Math.PI);
  context.fillStyle = death > 0 ? colour('--removed') : layerColour(unit.layer, layers);
  context.fill();
  const ring = death > 0 ? 1 - death : 1 - birth;
  if (ring === 0) return;
  context.beginPath();
  context.arc(unit.x, unit.y, radius + 1.5 + 6 * (death > 0 ? death : birth), 0, 2 * Math.PI);
  context.strokeStyle = colour(death > 0 ? '--removed' : '--added');
  context.globalAlpha = ring;
  context.lineWidth = 2;
  context.stroke();
  context.globalAlpha = 1;
}

/** Below each layer its width and what it is. */
export function drawTitles(context: CanvasRenderingContext2D, structure: Structure, plan: Layout, height: number): void {
  context.textAlign = 'center';
  structure.forEach((units, layer) => {
    const outer = layer === 0 ? 'inputs' : layer === structure.length - 1 ? 'outputs' : undefined;
    context.fillStyle = outer ? colour('--ink') : seriesColour(layer - 1);
    context.font = '600 16px system-ui, sans-serif';
    context.fillText(String(units.length), plan.middles[layer]!, height - 20);
    context.fillStyle = colour('--faint');
    context.font = '11px system-ui, sans-serif';
    context.fillText(outer ?? `axis ${layer - 1}`, plan.middles[layer]!, height - 5);
  });
}
