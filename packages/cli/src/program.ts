import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { taskNames, type TaskName } from './task.ts';
import { train, type Streams, type TrainOptions } from './train.ts';

/** Reads a whole number of at least `least`. */
function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
    }
    return value;
  };
}

function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It must be a number of at least 0.');
  return value;
}

/** The command line. `signal` ends a run early; what was reached is then saved. */
export function program(streams: Streams, signal: AbortSignal): Command {
  const command = new Command('cambium')
    .description('Train neural networks that find their own size')
    .configureOutput({ writeOut: (text) => streams.out.write(text), writeErr: (text) => streams.err.write(text) });
  command
    .command('train')
    .description(
      'train a network that grows from width 4, and write a run folder with the model, its history and a picture',
    )
    .addArgument(
      new Argument('<data>', 'digits (comes with the package), or idx or cifar10 files in --data').choices(taskNames),
    )
    .option(
      '--data <dir>',
      'folder of the files of idx (train and test images and labels) or cifar10 (*.bin); packed by gzip or not',
    )
    .option('--epochs <n>', 'passes over the training rows', whole(1), 100)
    .option('--batch-size <n>', 'rows per step', whole(1), 32)
    .option(
      '--learning-rate <x>',
      'for the first half of the steps; then it falls to a fiftieth (default: 0.005 for digits, else 0.001)',
      notNegative,
    )
    .option('--every <n>', "steps from one change of structure to the next (default: the method's)", whole(1))
    .addOption(
      new Option('--price <x>', 'per cent of the loss that one per cent of the weights is worth; without it, the size is found by itself')
        .argParser(notNegative)
        .conflicts(['weights', 'weightPenalty']),
    )
    .addOption(
      new Option('--cost <unit>', 'what the price is a price of: weights, multiply-adds of a row, or microseconds of a row in a step (default: weights)')
        .choices(['weights', 'multiplyAdds', 'microseconds'])
        .conflicts(['weights', 'weightPenalty']),
    )
    .addOption(
      new Option('--weights <n>', 'most weights at the end: grow past them, then remove what the loss misses least')
        .argParser(whole(1))
        .conflicts('weightPenalty'),
    )
    .option('--weight-penalty <x>', 'try random changes at this price of a weight, in units of the loss', notNegative)
    .option('--seed <n>', 'draws the rows, the weights and the changes', whole(0), 1)
    .addOption(
      new Option('--numerics <kind>', 'fast, or the same bits on every machine')
        .choices(['fast', 'portable'])
        .default('portable'),
    )
    .option('--threads <n>', 'threads (default: one for each core, at most 8)', whole(1))
    .option('--out <dir>', 'run folder (default: runs/DATA-TIME)')
    .option('--quiet', 'no progress', false)
    .action(async (data: TaskName, options: TrainOptions) => {
      await train(data, options, streams, signal);
    });
  return command;
}
