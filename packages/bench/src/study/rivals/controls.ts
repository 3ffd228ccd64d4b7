/** Controls: what else could explain that a grown network is good. */
import { type Layout } from '../../networks.ts';
import { columnsOf, each, release } from '../data/source.ts';
import { nearestWidth, train, type Outcome, type Task } from './fit.ts';
import { byLinearModel, byVariance } from './inputs.ts';

/** What is trained in a grown network's place. */
export type Control = 'retrained' | 'variance' | 'linear';

/** What each control is, in words. */
export const controlNames: Readonly<Record<Control, string>> = {
  retrained: 'its own shape and inputs, trained from the start',
  variance: 'a fixed network on the inputs of highest variance, as many as it kept',
  linear: 'a fixed network on the inputs with the largest weights in a linear model, as many as it kept',
};

/** The controls that say something about `found`: chosen inputs only where it dropped some. */
export function controlsOf({ inputs }: Outcome): Control[] {
  return inputs === undefined ? ['retrained'] : ['retrained', 'variance', 'linear'];
}

/** Trains one control of `found`. `layout` gives fixed networks on all inputs by their width. */
export async function control(kind: Control, task: Task, found: Outcome, layout: (width: number) => Layout, signal: AbortSignal): Promise<Outcome> {
  const { inputs } = found;
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
