import { checkInteger, checkOneOf, checkOptions, show } from '../check.ts';
import { CambiumError } from '../errors.ts';
import type { GrowthEvent } from '../runtime/reports.ts';
import type { ReportData } from './data.ts';
import { caption, mark } from './marks.ts';
import { escaped, panel, place, type Box } from './panel.ts';
import { linearScale, type Scale } from './scale.ts';
import { axisColours, styleSheet } from './style.ts';
import { story, type Decision, type Line, type Story } from './story.ts';

/** How the picture looks. */
export interface GrowthPictureOptions {
  /** @defaultValue `'Growth'` */
  title?: string;
  /** A line below the title. @defaultValue how many decisions, and what became of them */
  subtitle?: string;
  /** @defaultValue `'auto'`: as the viewer prefers, light where it has no preference */
  theme?: 'light' | 'dark' | 'auto';
  /** Where the picture ends: optimiser steps that the model has taken. @defaultValue the last of the history, or of the events */
  steps?: number;
}

const width = 860;
const left = 72;
const right = width - 28;
const panelHeight = 120;
const gap = 58;

type Sample = Parameters<typeof mark>[0];

const legend: readonly (readonly [samples: readonly Sample[], text: string])[] = [
  [[{ kind: 'add', verdict: 'kept' }], 'added'],
  [[{ kind: 'remove', verdict: 'kept' }], 'removed'],
  [[{ kind: 'replace', verdict: 'kept' }], 'replaced'],
  [
    [
      { kind: 'add', verdict: 'undone' },
      { kind: 'remove', verdict: 'undone' },
    ],
    'tried and undone',
  ],
  [[{ kind: 'add', verdict: 'blocked' }], 'blocked'],
  [[{ kind: 'addLayer', verdict: 'kept' }], 'layer added'],
  [[{ kind: 'removeLayer', verdict: 'kept' }], 'layer removed'],
  [[{ kind: 'addInputs', verdict: 'kept' }], 'inputs or outputs'],
];

function key(top: number): string {
  let x = left + 5;
  const entries = legend.map(([samples, text]) => {
    const shapes = samples.map((sample, i) => mark(sample, [[x + 12 * i, top]])).join('');
    const at = x + 12 * samples.length;
    x = at + 6.5 * text.length + 14;
    return `${shapes}<text class="faint" x="${at - 2}" y="${top + 4}">${text}</text>`;
  });
  return entries.join('');
}

function nameOf(line: Line, { inputs, numbers }: Story): string {
  if (line === inputs) return 'Inputs in use';
  const number = numbers.get(line);
  const name = number === undefined ? 'An axis' : `Axis ${number}`;
  const from = line.from === undefined ? '' : `, from step ${line.from}`;
  const until = line.until === undefined ? '' : `, gone at step ${line.until}`;
  return `${name}${from}${until}`;
}

/** The places of a line that holds each width until the next. */
function stairs(line: Line, end: number, x: Scale, y: Scale): (readonly [number, number])[] {
  const points = line.points.flatMap(({ step, width: features }, i) => {
    const here = [x.at(step), y.at(features)] as const;
    return i === 0 ? [here] : [[x.at(step), y.at(line.points[i - 1]!.width)] as const, here];
  });
  return [...points, [x.at(line.until ?? end), y.at(line.points.at(-1)!.width)]];
}

/** The widths to be seen on a line: its own, and those that were tried. */
function scaleOf(line: Line, decisions: readonly Decision[], box: Box): Scale {
  const tried = decisions.flatMap(({ places }) => places.filter((each) => each.line === line).map((each) => each.width!));
  const all = [...line.points.map((point) => point.width), ...tried];
  const [low, high] = [Math.min(...all) - 1, Math.max(...all) + 1];
  return linearScale(Math.max(0, low), high, [box.bottom, box.top], 5, true);
}

function counted(decisions: readonly Decision[]): string {
  const count = (verdict: GrowthEvent['verdict']) => decisions.filter(({ event }) => event.verdict === verdict).length;
  const all = decisions.length;
  return `${all} ${all === 1 ? 'decision' : 'decisions'}: ${count('kept')} kept, ${count('undone')} undone, ${count('blocked')} blocked`;
}

function eventsOf(source: readonly GrowthEvent[] | ReportData): readonly GrowthEvent[] {
  const events: unknown = Array.isArray(source) ? source : (source as ReportData | null | undefined)?.events;
  if (!Array.isArray(events)) throw new CambiumError('OPTION', `drawGrowth needs events, or a History, not ${show(source)}`);
  const wrong = events.findIndex((event: Partial<GrowthEvent> | null | undefined) => typeof event?.kind !== 'string' || typeof event.step !== 'number');
  if (wrong >= 0) throw new CambiumError('OPTION', `drawGrowth needs events as model.events() gives them; number ${wrong} is ${show(events[wrong])}`);
  return events as GrowthEvent[];
}

/**
 * The growth of a model as a picture (SVG): the width of each hidden axis over its optimiser steps, and every decision about
 * the structure. What came points up, what went points down, a feature in the place of another is a circle; changes that stand
 * are full, tries that were undone are outlines at the width that they would have led to, blocked ones are crosses; layers that
 * came are diamonds, layers that went bow ties, new inputs and outputs squares. Each mark has a tooltip with the loss before and after and its predicted change, the penalty of a unit of cost, and
 * the reason. Axes of which no event tells are not drawn, nor the inputs where none came or went.
 *
 * @param source - what `model.events()` gives, which is all that a loaded model needs; or the `History` of a fit, or its JSON
 * @returns the text of an `.svg` file: no scripts and no outside fonts, in light or dark
 * @throws CambiumError `OPTION`
 * @example `await writeFile('growth.svg', drawGrowth(await model.events()));`
 */
export function drawGrowth(source: readonly GrowthEvent[] | ReportData, options: GrowthPictureOptions = {}): string {
  checkOptions(options, ['title', 'subtitle', 'theme', 'steps'], 'drawGrowth');
  const events = eventsOf(source);
  const theme = checkOneOf(options.theme ?? 'auto', ['light', 'dark', 'auto'], 'theme');
  const { firstStep = 0, steps = 0 } = Array.isArray(source) ? {} : (source as ReportData);
  const last = Math.max(firstStep + steps, events.at(-1)?.step ?? 0);
  const end = options.steps === undefined ? last : checkInteger(options.steps, 'steps', last);
  const x = linearScale(firstStep, Math.max(firstStep + 1, end), [left, right], 10, true);
  const told = story(events, firstStep);

  let top = 132;
  const places = new Map<Line, Scale>();
  const lines = told.inputs ? [told.inputs, ...told.lines] : told.lines;
  const panels = lines.map((line, index) => {
    const box = { left, right, top, bottom: top + panelHeight };
    top = box.bottom + gap;
    const y = scaleOf(line, told.decisions, box);
    places.set(line, y);
    const series = { name: 'width', colour: `axis${index % axisColours}`, points: stairs(line, end, x, y), last: String(line.points.at(-1)!.width) };
    return panel(nameOf(line, told), box, x, y, [series], String);
  });
  const aside = told.decisions.some((decision) => decision.places.some((each) => !each.line));
  const lane = top - 24;
  const bottom = aside ? lane + 44 : top - 10;
  const marks = told.decisions.map(({ event, places: at }) => {
    const shape = mark(event, at.map(({ line, width: features }) => [x.at(event.step), line ? places.get(line)!.at(features!) : lane] as const));
    return `<g class="decision ${event.verdict} ${event.kind}">${caption(event)}${shape}</g>`;
  });
  const title = options.title ?? 'Growth';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom}" width="${width}" height="${bottom}" role="img">`,
    `<title>${escaped(title)}</title>${styleSheet(theme)}`,
    `<rect class="paper" width="${width}" height="${bottom}"/>`,
    `<text class="ink title" x="${left}" y="40">${escaped(title)}</text>`,
    `<text class="faint" x="${left}" y="61">${escaped(options.subtitle ?? counted(told.decisions))}</text>`,
    key(84),
    ...panels,
    ...(aside ? [`<text class="faint" x="${left - 8}" y="${place(lane + 4)}" text-anchor="end">other</text>`] : []),
    ...marks,
    `<text class="faint" x="${right}" y="${bottom - 8}" text-anchor="end">optimiser steps</text>`,
    '</svg>\n',
  ].join('\n');
}
