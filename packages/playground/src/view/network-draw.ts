import type { Structure } from '../training/structure.ts';
import type { Layout } from './layout.ts';
import { colour, seriesColour } from './theme.ts';
import { BIRTH_MS, DEATH_MS, type Unit } from './units.ts';

function layerColour(layer: number, layers: number): string {
  return layer === 0 || layer === layers - 1 ? colour('--faint') : seriesColour(layer - 1);
}

function disc(x: number, y: number, radius: number): Path2D {
  const path = new Path2D();
  path.arc(x, y, radius, 0, 2 * Math.PI);
  return path;
}

function drawRing(context: CanvasRenderingContext2D, unit: Unit, share: number, ringColour: string): void {
  context.strokeStyle = ringColour;
  context.globalAlpha = 1 - share;
  context.lineWidth = 2;
  context.stroke(disc(unit.x, unit.y, unit.radius + 1.5 + 6 * share));
  context.globalAlpha = 1;
}

/** Units as discs; a green ring around those that have come, a red one around those that go. */
export function drawUnits(context: CanvasRenderingContext2D, units: Iterable<Unit>, layers: number, now: number): void {
  const settled = Array.from({ length: layers }, () => new Path2D());
  for (const unit of units) {
    const death = unit.gone === undefined ? 0 : (now - unit.gone) / DEATH_MS;
    const birth = unit.born === undefined ? 1 : (now - unit.born) / BIRTH_MS;
    if (death > 0) {
      context.fillStyle = colour('--removed');
      context.fill(disc(unit.x, unit.y, unit.radius * (1 - death)));
      drawRing(context, unit, death, colour('--removed'));
      continue;
    }
    settled[unit.layer]!.addPath(disc(unit.x, unit.y, unit.radius * Math.min(1, 4 * birth)));
    if (birth < 1) drawRing(context, unit, birth, colour('--added'));
  }
  settled.forEach((path, layer) => {
    context.fillStyle = layerColour(layer, layers);
    context.fill(path);
  });
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
