/** Controls: what else could explain that a grown network is good. */
import { type Layout } from '../../networks.ts';
import { columnsOf, each, release } from '../data/source.ts';
import { nearestWidth, train, type Outcome, type Task } from './fit.ts';
import { byLinearModel, byVariance } from './inputs.ts';

/** What is trained in a grown network's place. */
export type Control = 'retrained' | 'variance' | 'linear' | 'doubling';

/** What each control is, in words. */
export const controlNames: Readonly<Record<Control, string>> = {
  retrained: 'its own shape and inputs, trained from the start',
  variance: 'a fixed network on the inputs of highest variance, as many as it kept',
  linear: 'a fixed network on the inputs with the largest weights in a linear model, as many as it kept',
  doubling: 'the fixed network of 9, 18 and 36 channels, which double where the images halve, of 13,303 weights',
};

/** What fixed networks there are beside a grown one. */
export interface Fixed {
  /** Those on all inputs, by their width. */
  layout: (width: number) => Layout;
  /** The one whose channels double, where a data set has it and the method was told a size. */
  doubling: Layout | undefined;
}

/** The controls that say something about `found`: chosen inputs only where it dropped some. */
export function controlsOf({ inputs }: Outcome, { doubling }: Fixed): Control[] {
  return ['retrained', ...(inputs ? (['variance', 'linear'] as const) : []), ...(doubling ? (['doubling'] as const) : [])];
}

/** Trains one control of `found`. */
export async function control(kind: Control, task: Task, found: Outcome, { layout, doubling }: Fixed, signal: AbortSignal): Promise<Outcome> {
  const { inputs } = found;
  if (kind === 'doubling') return train(task, doubling!, undefined, signal);
  if (inputs === undefined) return train(task, found.layout, undefined, signal);
  const chosen = kind === 'retrained' ? inputs : await (kind === 'variance' ? byVariance : byLinearModel)(task, inputs.length);
  const narrow = (width: number): Layout => ({ ...layout(width), input: [chosen.length] });
  const network = kind === 'retrained' ? found.layout : narrow(nearestWidth(narrow, found.weights));
  return trainOn(chosen, task, network, signal);
}

/** Trains a network of `layout` on some of the inputs. */
async function trainOn(inputs: readonly number[], task: Task, layout: Layout, signal: AbortSignal): Promise<Outcome> {
  const parts = await each(task.parts, (part) => columnsOf(part, inputs));
  try {
    return await train({ ...task, parts }, layout, undefined, signal);
  } finally {
    release(parts);
  }
}
