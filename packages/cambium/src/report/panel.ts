import type { Scale } from './scale.ts';

/** One line of a panel. */
export interface Series {
  /** Its name in the legend. */
  name: string;
  /** Its colour: a class of the style sheet. */
  colour: string;
  /** Horizontal and vertical places. */
  points: readonly (readonly [x: number, y: number])[];
  /** The last value, as text. */
  last?: string;
}

/** Where a panel stands on paper. */
export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** `value` on paper, to a tenth. */
export function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** `text` safe inside SVG. */
export function escaped(text: string): string {
  // Control characters are not allowed in XML, escaped or not.
  const plain = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
  return plain.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** Rough width of 12 px text. */
function textWidth(text: string): number {
  return 6.6 * text.length;
}

/** Name and legend above a panel, the legend flush right. */
function heading(name: string, series: readonly Series[], box: Box): string {
  let x = box.right;
  const entries = [...series].reverse().map((line) => {
    const label = line.last === undefined ? line.name : `${line.name} ${line.last}`;
    x -= textWidth(label) + 22;
    const y = box.top - 16;
    const key = `<line class="line ${line.colour}" x1="${place(x)}" y1="${y}" x2="${place(x + 12)}" y2="${y}"/>`;
    const text = `<text class="faint" x="${place(x + 17)}" y="${y + 4}">${escaped(label)}</text>`;
    x -= 8;
    return key + text;
  });
  return `<text class="ink name" x="${box.left}" y="${box.top - 12}">${escaped(name)}</text>${entries.reverse().join('')}`;
}

function gridLines(scale: Scale, box: Box, label: (value: number) => string): string {
  return scale.ticks
    .map((tick) => {
      const y = place(scale.at(tick));
      const text = `<text class="faint" x="${box.left - 8}" y="${place(scale.at(tick) + 4)}" text-anchor="end">${escaped(label(tick))}</text>`;
      return `<line class="grid" x1="${box.left}" y1="${y}" x2="${box.right}" y2="${y}"/>${text}`;
    })
    .join('');
}

function epochLabels(scale: Scale, box: Box): string {
  const y = box.bottom + 17;
  return scale.ticks
    .map((tick) => `<text class="faint" x="${place(scale.at(tick))}" y="${y}" text-anchor="middle">${tick}</text>`)
    .join('');
}

function curve({ points, colour }: Series): string {
  if (points.length === 0) return '';
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${place(x)} ${place(y)}`).join('');
  const dots =
    points.length > 1
      ? ''
      : points.map(([x, y]) => `<circle class="${colour}-fill" cx="${place(x)}" cy="${place(y)}" r="3.5"/>`).join('');
  return `<path class="line ${colour}" d="${path}"/>${dots}`;
}

/** A panel: name, legend, grid, curves. */
export function panel(
  name: string,
  box: Box,
  x: Scale,
  y: Scale,
  series: readonly Series[],
  label: (value: number) => string,
): string {
  const ground = `<line class="ground" x1="${box.left}" y1="${box.bottom}" x2="${box.right}" y2="${box.bottom}"/>`;
  return (
    heading(name, series, box) + gridLines(y, box, label) + ground + epochLabels(x, box) + series.map(curve).join('')
  );
}
