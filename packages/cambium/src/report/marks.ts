import { judgement } from '../event.ts';
import { isAddition } from '../history.ts';
import type { GrowthEvent } from '../runtime/reports.ts';
import { escaped, place } from './panel.ts';

/** Half the width of a mark. */
export const markSize = 4.5;

const up = (x: number, y: number, r: number): string => `M${place(x)} ${place(y - r)}l${r} ${2 * r}h${-2 * r}z`;
const down = (x: number, y: number, r: number): string => `M${place(x)} ${place(y + r)}l${r} ${-2 * r}h${-2 * r}z`;
const diamond = (x: number, y: number, r: number): string => `M${place(x)} ${place(y - r)}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`;
const bowTie = (x: number, y: number, r: number): string => `M${place(x - r)} ${place(y - r)}l${2 * r} ${2 * r}v${-2 * r}l${-2 * r} ${2 * r}z`;
const square = (x: number, y: number, r: number): string => `M${place(x - r + 0.5)} ${place(y - r + 0.5)}h${2 * r - 1}v${2 * r - 1}h${1 - 2 * r}z`;
const circle = (x: number, y: number, r: number): string => `M${place(x)} ${place(y - r)}a${r} ${r} 0 0 1 0 ${2 * r}a${r} ${r} 0 0 1 0 ${-2 * r}z`;
const cross = (x: number, y: number, r: number): string => `M${place(x - r)} ${place(y - r)}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;

/** The shape of a kind of change: up and down for features that come and go, else one of its own. */
function shapeOf({ kind, verdict }: Pick<GrowthEvent, 'kind' | 'verdict'>): typeof up {
  if (verdict === 'blocked') return cross;
  if (kind === 'addLayer') return diamond;
  if (kind === 'removeLayer') return bowTie;
  if (kind === 'replace') return circle;
  if (kind === 'addInputs' || kind === 'addOutputs') return square;
  return isAddition(kind) ? up : down;
}

/** Full where the change stands, in the colour of what came or went or that of the text where one came for one that went; else an outline. */
function lookOf({ kind, verdict }: Pick<GrowthEvent, 'kind' | 'verdict'>): string {
  if (verdict !== 'kept') return 'mark open';
  if (kind === 'replace') return 'mark ink';
  return isAddition(kind) ? 'mark added added-fill' : 'mark removed removed-fill';
}

/** The mark of an event at some places. */
export function mark(event: Pick<GrowthEvent, 'kind' | 'verdict'>, places: readonly (readonly [x: number, y: number])[]): string {
  const shape = shapeOf(event);
  return `<path class="${lookOf(event)}" d="${places.map(([x, y]) => shape(x, y, markSize)).join('')}"/>`;
}

const figure = (value: number): string => String(Number(value.toPrecision(6)));

function losses({ lossBefore, lossAfter, predicted }: GrowthEvent): string {
  const foreseen = predicted === undefined ? '' : `, predicted change ${figure(predicted)}`;
  if (lossBefore === undefined && lossAfter === undefined) return `loss not measured${foreseen}`;
  const [before, after] = [lossBefore, lossAfter].map((loss) => (loss === undefined ? 'not a number' : figure(loss)));
  return `loss ${before} → ${after}${foreseen}`;
}

function headline({ step, kind, axis, index, width, removed, verdict }: GrowthEvent): string {
  const where = axis === undefined ? '' : ` on axis ${axis}${index === undefined ? '' : ','}`;
  const which = index === undefined ? '' : ` ${axis === undefined ? '' : 'feature '}${index}`;
  const many = removed && removed.length > 0 ? ` of ${removed.length} features` : '';
  const now = width === undefined ? '' : `, width ${width}`;
  return `step ${step}: ${kind}${many}${where}${which}: ${verdict}${now}`;
}

/** What there is to say of an event: what, where, loss (and its predicted change) and weights before and after, the penalty of a unit of cost, and why. */
export function caption(event: GrowthEvent): string {
  const { weightsBefore, weightsAfter, penalty, reason } = event;
  const price = `weights ${weightsBefore} → ${weightsAfter}, penalty ${penalty}`;
  const why = reason === judgement(event) ? [] : [reason];
  return `<title>${escaped([headline(event), losses(event), price, ...why].join('\n'))}</title>`;
}
