import { checkCallback, hookNames, type Callback } from './callbacks.ts';
import { checkBoolean, checkInteger, checkNumber, checkOptions, show } from './check.ts';
import { CambiumError } from './errors.ts';
import type { GrowthOptions } from './growth.ts';
import type { Data } from './handle.ts';
import { checkCustomLoss, type CustomLoss } from './losses.ts';
import { checkOptimizer } from './optimizer-check.ts';
import type { OptimizerSpec } from './spec.ts';

/** What `fit` takes; the hooks of {@link Callback} may stand beside the other options. */
export interface FitOptions extends Callback {
  /** Rows per step; the short last batch of an epoch trains too, weighted by its rows. @defaultValue min(100, rows) */
  batchSize?: number;
  /** Passes over the data, at least 1. @defaultValue 1 */
  epochs?: number;
  /** Whether rows come in a new random order each epoch. @defaultValue true */
  shuffle?: boolean;
  /** Rows on which the model is measured after each epoch; by some growth methods changes are judged on them (`growth.scoring`). */
  validationData?: Data;
  /** In place of `validationData`: the share of the rows, above 0 and below 1, that is set aside for it (drawn with seed 0). */
  validationSplit?: number;
  /** When and how the structure changes. @defaultValue it does not */
  growth?: GrowthOptions | 'auto';
  /** Replaces the model's optimiser, as `setOptimizer` does, once everything given has been checked. @defaultValue the model's */
  optimizer?: OptimizerSpec;
  /**
   * A loss of your own in place of the model's. Each step then goes through JavaScript. `growth` is not possible with it
   * (the engine could not judge by it), and learning-rate schedules do not apply. @defaultValue the model's loss
   */
  loss?: CustomLoss;
  /** Called as the fit goes. */
  callbacks?: readonly Callback[];
  /**
   * Stops the fit between two groups of steps, paused or not: `fit` then rejects with `ABORTED` (an error named `AbortError`
   * whose `cause` is the signal's reason), the model keeps the weights reached, and `history` of what `fit` returned stays.
   */
  signal?: AbortSignal;
  /** Whether each epoch prints a line. @defaultValue false */
  verbose?: boolean;
  /** Where warnings go. @defaultValue `console.warn` */
  onWarning?: (message: string) => void;
}

const known = [
  ...[
    'batchSize',
    'epochs',
    'shuffle',
    'validationData',
    'validationSplit',
    'growth',
    'optimizer',
    'loss',
    'callbacks',
  ],
  ...['signal', 'verbose', 'onWarning'],
  ...hookNames,
];

/** Throws `OPTION` for anything that is not as {@link FitOptions} says. */
export function checkFitOptions(options: FitOptions): void {
  checkOptions(options, known, 'fit');
  const { epochs, shuffle, verbose, validationData, validationSplit, growth, optimizer, loss, signal, callbacks, onWarning } =
    options;
  if (epochs !== undefined) checkInteger(epochs, 'epochs');
  if (shuffle !== undefined) checkBoolean(shuffle, 'shuffle');
  if (verbose !== undefined) checkBoolean(verbose, 'verbose');
  if (validationSplit !== undefined) {
    checkNumber(validationSplit, 'validationSplit', 0, 1, 'both');
    if (validationData !== undefined)
      throw new CambiumError('OPTION', 'give validationData or validationSplit, not both');
  }
  if (optimizer !== undefined) checkOptimizer(optimizer);
  if (loss !== undefined) checkCustomLoss(loss, 'fit');
  if (loss !== undefined && growth !== undefined)
    throw new CambiumError(
      'OPTION',
      'growth is not possible in a fit with a custom loss: the engine could not judge changes by it',
    );
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw new CambiumError('OPTION', `signal must be an AbortSignal, not ${show(signal)}`);
  }
  if (callbacks !== undefined) {
    if (!Array.isArray(callbacks))
      throw new CambiumError('OPTION', `callbacks must be an array, not ${show(callbacks)}`);
    callbacks.forEach((callback: unknown, index) => checkCallback(callback, `callbacks[${index}]`));
  }
  for (const [name, hook] of [
    ...hookNames.map((key) => [key, options[key]] as const),
    ['onWarning', onWarning] as const,
  ]) {
    if (hook !== undefined && typeof hook !== 'function')
      throw new CambiumError('OPTION', `${name} must be a function, not ${show(hook)}`);
  }
}
