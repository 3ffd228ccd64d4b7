import type { View } from '../store.ts';
import type { Change } from '../training/changes.ts';
import type { State } from '../training/state.ts';
import { byId, element, setText } from './dom.ts';

const count = new Intl.NumberFormat('en');
const verdicts = { kept: 'kept', undone: 'rejected', blocked: 'blocked' } as const;

function signed(value: number): string {
  const size = Math.abs(value);
  return `${value < 0 ? '−' : '+'}${size === 0 || size >= 1e-4 ? size.toFixed(5) : size.toExponential(1)}`;
}

function headline({ kind, axis }: Change): string {
  return axis === undefined ? kind : `${kind} on axis ${axis}`;
}

function entry(change: Change): HTMLLIElement {
  const { kind, lossBefore, lossAfter, verdict, reason, step, width } = change;
  const item = element('li', '', `${verdict} ${kind}`);
  const measured = lossBefore === undefined || lossAfter === undefined ? '' : `loss ${signed(lossAfter - lossBefore)}`;
  const line = element('div', '', 'line');
  line.append(element('span', verdicts[verdict], 'verdict'), element('span', headline(change), 'what'), element('span', measured, 'loss'));
  item.append(line, element('small', `step ${count.format(step)}${width === undefined ? '' : `, width ${width}`}: ${reason}`));
  return item;
}

/** Every try to change the structure, newest first: what, where, the measured change of the loss, and why. */
export function changesView(): View<State> {
  const list = byId('changes', HTMLOListElement);
  const counts = byId('counts', HTMLParagraphElement);
  const filter = byId('kept-only', HTMLInputElement);
  filter.addEventListener('change', () => list.classList.toggle('kept-only', filter.checked));
  const items = new Map<Change, HTMLLIElement>();
  let shown: readonly Change[] = [];
  return ({ run }) => {
    if (!run || run.changes === shown) return false;
    shown = run.changes;
    const present = new Set(shown);
    for (const [change, item] of items) {
      if (present.has(change)) continue;
      item.remove();
      items.delete(change);
    }
    for (const change of shown) {
      if (items.has(change)) continue;
      const item = entry(change);
      items.set(change, item);
      list.prepend(item);
    }
    const { kept, undone, blocked } = run.counts;
    setText(counts, `${count.format(kept)} kept, ${count.format(undone)} rejected, ${count.format(blocked)} blocked`);
    return true;
  };
}
