import type { View } from '../store.ts';
import type { Run, State } from '../training/state.ts';
import { hiddenWidths } from '../training/structure.ts';
import { byId, pairs, setText } from './dom.ts';

const count = new Intl.NumberFormat('en');

/** The figures of the moment. */
export function readoutsView(): View<State> {
  const values = pairs(byId('readouts', HTMLDListElement), ['Epoch', 'Accuracy, held out', 'Loss, held out', 'Hidden widths', 'Weights']);
  let shown: Run | undefined;
  return ({ run }) => {
    if (!run || run === shown) return;
    shown = run;
    const { last, structure, weightCount, task } = run;
    const accuracy = task.train.targets.type === 'labels' && last ? `${(100 * last.valAccuracy!).toFixed(1)} %` : '–';
    const texts = [
      count.format(last ? last.epoch + 1 : 0),
      accuracy,
      last ? last.valLoss!.toFixed(4) : '–',
      hiddenWidths(structure).join(' – '),
      count.format(weightCount),
    ];
    values.forEach((value, i) => setText(value, texts[i]!));
  };
}
