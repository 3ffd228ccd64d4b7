import { checkOneOf, checkOptions, show } from '../check.ts';
import { CambiumError } from '../errors.ts';
import type { ReportData } from './data.ts';
import { escaped, panel, place, type Box, type Series } from './panel.ts';
import { linearScale, logScale, type Scale } from './scale.ts';
import { axisColours, styleSheet } from './style.ts';
import { marks, widthLines, type Marks } from './widths.ts';

/** How the picture looks. */
export interface ReportOptions {
  /** @defaultValue `'Training'` */
  title?: string;
  /** A line below the title. @defaultValue epochs, weights, what came and went */
  subtitle?: string;
  /** @defaultValue `'auto'`: as the viewer prefers, light where it has no preference */
  theme?: 'light' | 'dark' | 'auto';
}

const width = 860;
const left = 72;
const right = width - 28;
const panelHeight = 170;
const gap = 62;

type Key = 'loss' | 'accuracy' | 'valLoss' | 'valAccuracy';

function number(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5
    ? String(Number(value.toPrecision(3)))
    : value.toExponential(1);
}

const percent = (value: number): string => `${Number((100 * value).toFixed(1))} %`;

/** The two curves of a figure, training and validation. */
function curves(
  history: ReportData,
  keys: readonly [Key, Key],
  x: Scale,
  y: Scale,
  label: (value: number) => string,
): Series[] {
  return (
    [
      ['training', 'train'],
      ['validation', 'valid'],
    ] as const
  ).flatMap(([name, colour], index) => {
    const measured = history.epochs.flatMap((epoch, i) =>
      epoch[keys[index]!] === undefined ? [] : [[i + 1, epoch[keys[index]!]!] as const],
    );
    if (measured.length === 0) return [];
    const points = measured.map(([time, value]) => [x.at(time), y.at(value)] as const);
    return [{ name, colour, points, last: label(measured.at(-1)![1]) }];
  });
}

function values(history: ReportData, keys: readonly Key[]): number[] {
  return history.epochs.flatMap((epoch) => keys.map((key) => epoch[key]).filter((value) => value !== undefined));
}

function lossPanel(history: ReportData, x: Scale, box: Box): string {
  const all = values(history, ['loss', 'valLoss']);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const logarithmic = low > 0 && high / low > 20;
  const places = [box.bottom, box.top] as const;
  const y = logarithmic ? logScale(low, high, places) : linearScale(Math.min(0, low), high, places);
  return panel(
    logarithmic ? 'Loss (logarithmic)' : 'Loss',
    box,
    x,
    y,
    curves(history, ['loss', 'valLoss'], x, y, number),
    number,
  );
}

function accuracyPanel(history: ReportData, x: Scale, box: Box): string {
  const low = Math.min(...values(history, ['accuracy', 'valAccuracy']));
  const y = linearScale(Math.min(low, 0.99), 1, [box.bottom, box.top]);
  return panel('Accuracy', box, x, y, curves(history, ['accuracy', 'valAccuracy'], x, y, percent), percent);
}

/** A row of ticks, one for each time, with its name. */
function rug(name: string, colour: string, times: readonly number[], x: Scale, top: number): string {
  const ticks = times.map((time) => `M${place(x.at(time))} ${top}v9`).join('');
  const text = `<text class="faint" x="${left - 8}" y="${top + 9}" text-anchor="end">${name}</text>`;
  return `${text}<path class="tick ${colour}" fill="none" d="${ticks}"/>`;
}

function widthPanel(history: ReportData, { added, removed }: Marks, x: Scale, box: Box): string {
  const lines = widthLines(history);
  const most = Math.max(1, ...lines.flat().map((point) => point.width));
  const y = linearScale(0, most, [box.bottom, box.top], Math.min(5, most));
  const series = lines.map((line, axis) => {
    // Widths hold until they change: steps, not slopes.
    const points = line.flatMap(({ time, width: features }, i) => {
      const here = [x.at(time), y.at(features)] as const;
      return i === 0 ? [here] : [[x.at(time), y.at(line[i - 1]!.width)] as const, here];
    });
    return {
      name: `axis ${axis}:`,
      colour: `axis${axis % axisColours}`,
      points,
      last: String(line.at(-1)?.width ?? ''),
    };
  });
  const rugs =
    rug('added', 'added', added, x, box.bottom + 30) + rug('removed', 'removed', removed, x, box.bottom + 45);
  return panel('Widths of the hidden layers', box, x, y, series, String) + rugs;
}

/**
 * A picture of a fit as SVG: loss and accuracy on training and validation data, the widths of the hidden layers, and when
 * features came and went, over the epochs. No scripts and no outside fonts: it opens in every viewer, in light or dark.
 *
 * @param history - what `fit` gave, or its JSON
 * @returns the text of an `.svg` file
 * @throws CambiumError `OPTION`
 * @example `await writeFile('report.svg', drawReport(history, { title: 'Digits' }));`
 */
export function drawReport(history: ReportData, options: ReportOptions = {}): string {
  checkOptions(options, ['title', 'subtitle', 'theme'], 'drawReport');
  if (!Array.isArray(history?.epochs) || !Array.isArray(history?.events)) {
    throw new CambiumError('OPTION', `drawReport needs a History, or its JSON, not ${show(history)}`);
  }
  const theme = checkOneOf(options.theme ?? 'auto', ['light', 'dark', 'auto'], 'theme');
  const epochs = history.epochs.length;
  const x = linearScale(0, Math.max(1, epochs), [left, right], 10, true);
  const changes = marks(history);
  const last = history.epochs.at(-1);
  const summary = last
    ? `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} · ${last.weightCount.toLocaleString('en-US')} weights · ${changes.added.length} times added, ${changes.removed.length} times removed`
    : 'no epoch has ended';
  const measured = values(history, ['accuracy', 'valAccuracy']).length > 0;
  const panels = !last
    ? []
    : [lossPanel, ...(measured ? [accuracyPanel] : []), ...(last.widths.length > 0 ? ['widths' as const] : [])];
  let top = 112;
  const drawn = panels.map((draw) => {
    const box = { left, right, top, bottom: top + panelHeight };
    top = box.bottom + gap;
    return draw === 'widths' ? widthPanel(history, changes, x, box) : draw(history, x, box);
  });
  const bottom = last ? top - gap + 84 : top - 10;
  const title = options.title ?? 'Training';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom}" width="${width}" height="${bottom}" role="img">`,
    `<title>${escaped(title)}</title>${styleSheet(theme)}`,
    `<rect class="paper" width="${width}" height="${bottom}"/>`,
    `<text class="ink title" x="${left}" y="40">${escaped(title)}</text>`,
    `<text class="faint" x="${left}" y="61">${escaped(options.subtitle ?? summary)}</text>`,
    ...drawn,
    ...(last ? [`<text class="faint" x="${right}" y="${bottom - 12}" text-anchor="end">epochs</text>`] : []),
    '</svg>\n',
  ].join('\n');
}
