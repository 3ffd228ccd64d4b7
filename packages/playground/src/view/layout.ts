import type { Task } from '../data/task.ts';
import type { Structure } from '../training/structure.ts';

/** A point of the picture. */
export interface Place {
  x: number;
  y: number;
}

/** Where the units of each layer stand. */
export interface Layout {
  places: Place[][];
  /** Of the units of each layer. */
  radius: number[];
  /** Middle of each layer. */
  middles: number[];
}

/** Room for titles below the columns. */
const TITLE_HEIGHT = 40;
const MARGIN = 10;
const MOST_SPACING = 22;
const LEAST_SPACING = 3;

/** Rows and spacing of a block. */
interface Block {
  rows: number;
  columns: number;
  spacing: number;
}

/** The block of `count` units with the widest spacing that fits. Rows are shared out so that all columns are about as full. */
function blockFor(count: number, width: number, height: number): Block {
  for (let spacing = MOST_SPACING; ; spacing -= 0.5) {
    const most = Math.max(1, Math.floor(height / spacing));
    const columns = Math.ceil(count / most);
    if (columns * spacing <= width || spacing <= LEAST_SPACING) return { rows: Math.ceil(count / columns), columns, spacing };
  }
}

/** Places for layers of such widths on a picture of that size. Wide layers are blocks; the inputs of an image lie as its pixels do. */
export function layout(widths: readonly number[], side: number | undefined, width: number, height: number): Layout {
  const [inner, tall] = [width - 2 * MARGIN, height - TITLE_HEIGHT - MARGIN];
  const slot = inner / widths.length;
  const plan: Layout = { places: [], radius: [], middles: [] };
  widths.forEach((count, layer) => {
    const pixels = layer === 0 ? side : undefined;
    const roomy = 0.6 * slot;
    const block = pixels === undefined ? blockFor(count, roomy, tall) : { rows: pixels, columns: pixels, spacing: Math.min(MOST_SPACING, roomy / pixels, tall / pixels) };
    const middle = MARGIN + slot * (layer + 0.5);
    plan.middles.push(middle);
    plan.radius.push(Math.min(7, 0.36 * block.spacing));
    plan.places.push(
      Array.from({ length: count }, (_, i) => {
        const column = pixels === undefined ? Math.floor(i / block.rows) : i % pixels;
        const row = pixels === undefined ? i % block.rows : Math.floor(i / pixels);
        const inColumn = pixels ?? Math.min(block.rows, count - column * block.rows);
        return {
          x: middle + (column - (block.columns - 1) / 2) * block.spacing,
          y: MARGIN + tall / 2 + (row - (inColumn - 1) / 2) * block.spacing,
        };
      }),
    );
  });
  return plan;
}

/** Places for the units of a model on `task`. */
export function layoutOf(structure: Structure, task: Task, width: number, height: number): Layout {
  const side = task.picture?.type === 'digits' ? Math.sqrt(structure[0]!.length) : undefined;
  return layout(structure.map((ids) => ids.length), side, width, height);
}
