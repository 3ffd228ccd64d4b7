/** A picture of scores over weights: fixed networks as a curve, everything else as marks with their standard errors. */
import { linear, logarithmic, type Scale } from './scale.ts';
import { whole } from './verdict.ts';

/** One place on the picture. */
export interface Point {
  weights: number;
  score: number;
  /** Half the length of its bar: two standard errors of what it is compared by, 0 for no bar. */
  bar: number;
}

/** Points of one colour; those of `joined` ones are joined by a line. */
export interface Series {
  name: string;
  joined: boolean;
  points: readonly Point[];
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [760, 440, 60, 190, 44, 52];
/** Legible on light paper and on dark, and told apart by people who are colour-blind (Okabe & Ito). */
const COLOURS = ['#7d8ba1', '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8b6f1e', '#7b3fc4', '#b42363'];

/** The picture as SVG. `scoreName` names the vertical axis. */
export function figure(title: string, scoreName: string, series: readonly Series[]): string {
  const points = series.flatMap((one) => one.points);
  const x = logarithmic(points.map(({ weights }) => weights), LEFT, WIDTH - RIGHT);
  const y = linear(points.flatMap(({ score, bar }) => [score - bar, score + bar]), HEIGHT - BOTTOM, TOP);
  const marks = series.map((one, index) => drawn(one, colour(index), x, y));
  const legend = series.map(({ name }, index) => entry(name, index));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${escaped(title)}</title>${STYLE}<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>`,
    label(LEFT, 24, title, 'ink', 'start'),
    ...y.ticks.map((tick) => `<path class="grid" d="M${LEFT} ${place(y.at(tick))}H${WIDTH - RIGHT}"/>${label(LEFT - 8, y.at(tick) + 4, `${tick}`, 'faint', 'end')}`),
    ...x.ticks.map((tick) => `<path class="grid" d="M${place(x.at(tick))} ${TOP}V${HEIGHT - BOTTOM}"/>${label(x.at(tick), HEIGHT - BOTTOM + 18, whole(tick), 'faint', 'middle')}`),
    label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, 'weights at the end', 'faint', 'middle'),
    label(WIDTH - RIGHT, 24, scoreName, 'faint', 'end'),
    ...marks,
    ...legend,
    '</svg>\n',
  ].join('\n');
}

const STYLE =
  '<style>text{font:12px system-ui,sans-serif}.paper{fill:#fff}.ink{fill:#1c2430;font-size:15px;font-weight:600}.faint{fill:#667085}.grid{stroke:#e4e7ec;fill:none}' +
  '@media (prefers-color-scheme:dark){.paper{fill:#12161d}.ink{fill:#e8ecf2}.faint{fill:#98a2b3}.grid{stroke:#2b3340}}</style>';

function drawn({ points, joined }: Series, stroke: string, x: Scale, y: Scale): string {
  const sorted = [...points].sort((a, b) => a.weights - b.weights);
  const line = sorted.map(({ weights, score }, i) => `${i === 0 ? 'M' : 'L'}${place(x.at(weights))} ${place(y.at(score))}`).join('');
  const bars = sorted.map(({ weights, score, bar }) => (bar > 0 ? `M${place(x.at(weights))} ${place(y.at(score - bar))}V${place(y.at(score + bar))}` : '')).join('');
  const dots = sorted.map(({ weights, score }) => `<circle cx="${place(x.at(weights))}" cy="${place(y.at(score))}" r="${joined ? 2.5 : 4.5}" fill="${stroke}"/>`);
  return `<g stroke="${stroke}" fill="none" stroke-width="1.5">${joined ? `<path d="${line}"/>` : ''}<path d="${bars || 'M0 0'}"/>${dots.join('')}</g>`;
}

function entry(name: string, index: number): string {
  const at = TOP + 8 + 20 * index;
  return `<circle cx="${WIDTH - RIGHT + 18}" cy="${at - 4}" r="4.5" fill="${colour(index)}"/>${label(WIDTH - RIGHT + 30, at, name, 'faint', 'start')}`;
}

function label(x: number, y: number, text: string, kind: 'ink' | 'faint', anchor: 'start' | 'middle' | 'end'): string {
  return `<text class="${kind}" x="${place(x)}" y="${place(y)}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length]!;
}

function place(value: number): string {
  return String(Math.round(10 * value) / 10);
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
}
