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
export const TITLE_HEIGHT = 40;
const MARGIN = 10;
const MOST_SPACING = 22;
const LEAST_SPACING = 3;

/** The widest spacing at which `count` units fit into a block, filled column by column. */
function spacingFor(count: number, width: number, height: number): number {
  for (let spacing = MOST_SPACING; spacing > LEAST_SPACING; spacing -= 0.5) {
    const rows = Math.max(1, Math.floor(height / spacing));
    if (Math.ceil(count / rows) * spacing <= width) return spacing;
  }
  return LEAST_SPACING;
}

/** Places for layers of such widths on a picture of that size. Wide layers are blocks of several columns. */
export function layout(widths: readonly number[], width: number, height: number): Layout {
  const [inner, tall] = [width - 2 * MARGIN, height - TITLE_HEIGHT - MARGIN];
  const slot = inner / widths.length;
  const plan: Layout = { places: [], radius: [], middles: [] };
  widths.forEach((count, layer) => {
    const spacing = spacingFor(count, 0.55 * slot, tall);
    const rows = Math.min(count, Math.max(1, Math.floor(tall / spacing)));
    const columns = Math.ceil(count / rows);
    // Rows are shared out evenly, so that the last column is about as full as the others.
    const perColumn = Math.ceil(count / columns);
    const middle = MARGIN + slot * (layer + 0.5);
    plan.middles.push(middle);
    plan.radius.push(Math.min(7, 0.36 * spacing));
    plan.places.push(
      Array.from({ length: count }, (_, i) => {
        const column = Math.floor(i / perColumn);
        const inColumn = Math.min(perColumn, count - column * perColumn);
        return {
          x: middle + (column - (columns - 1) / 2) * spacing,
          y: MARGIN + tall / 2 + ((i % perColumn) - (inColumn - 1) / 2) * spacing,
        };
      }),
    );
  });
  return plan;
}
