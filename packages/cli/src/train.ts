import { join } from 'node:path';
import {
  CambiumError,
  DynamicModel,
  History,
  adam,
  cosine,
  init,
  shutdown,
  type EngineInfo,
  type Evaluation,
  type GrowthOptions,
} from 'cambium';
import { progress, type Terminal } from './progress.ts';
import { runName, writeRun } from './run-folder.ts';
import { loadTask, type Task, type TaskName } from './task.ts';

/** Options of `cambium train`. */
export interface TrainOptions {
  data?: string;
  epochs: number;
  batchSize: number;
  learningRate?: number;
  every?: number;
  price?: number;
  cost?: NonNullable<GrowthOptions['cost']>;
  weights?: number;
  weightPenalty?: number;
  seed: number;
  numerics: 'fast' | 'portable';
  threads?: number;
  out?: string;
  quiet: boolean;
}

/** Where the command writes: results to `out`, progress to `err`. */
export interface Streams {
  out: { write(text: string): unknown };
  err: Terminal;
}

/** What a run came to. */
export interface TrainResult {
  valid: Evaluation;
  test: Evaluation;
  widths: number[];
  weightCount: number;
  /** Features of a row in use, and all. */
  inputs: [used: number, all: number];
  added: number;
  removed: number;
  seconds: number;
  folder: string;
}

const percent = (share = 0): string => `${(100 * share).toFixed(1)} %`;

/** A price, or a number of weights. Structure rests for the end of a fit, so that what came last can still learn. */
function growthOf(task: Task, { every, price, cost, weights, weightPenalty }: TrainOptions): GrowthOptions {
  const common = every === undefined ? {} : { every };
  if (weights !== undefined) return { method: 'budget', weights, ...common };
  if (weightPenalty !== undefined) {
    return { method: 'stochastic', every: 5, weightPenalty, scoringRows: Math.min(task.valid.rows, 512), until: 0.75, ...common };
  }
  const unit = cost === undefined ? {} : { cost };
  return price === undefined ? { method: 'auto', ...unit, ...common } : { method: 'price', price, ...unit, ...common };
}

/** Fits until the end or until `signal`; gives the history in each case. */
async function fit(
  model: DynamicModel,
  task: Task,
  options: TrainOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<History> {
  const { epochs, batchSize, learningRate = task.learningRate } = options;
  let history = new History();
  try {
    return await model.fit(task.train, {
      epochs,
      batchSize: Math.min(batchSize, task.train.rows),
      validationData: task.valid,
      optimizer: adam({ learningRate, schedule: cosine({ start: 0.5, floor: 0.02 }) }),
      growth: growthOf(task, options),
      callbacks: options.quiet ? [] : [progress(terminal, epochs)],
      signal,
      onTrainBegin: (context) => {
        history = context.history;
      },
      onWarning: (message) => terminal.write(`warning: ${message}\n`),
    });
  } catch (error) {
    if (!(error instanceof CambiumError && error.code === 'ABORTED')) throw error;
    terminal.write(`\n${error.message}\n`);
    return history;
  }
}

function resultText(result: TrainResult, history: History, engine: EngineInfo): string {
  const { valid, test, widths, weightCount, inputs, added, removed, seconds, folder } = result;
  const { milliseconds, eventMilliseconds } = history.timing;
  const growth = history.steps > 0 ? `; growth took ${percent(eventMilliseconds / milliseconds)} of the time` : '';
  const threads = `${engine.threads} ${engine.threads === 1 ? 'thread' : 'threads'}`;
  return [
    `validation accuracy ${percent(valid.accuracy)}, loss ${valid.loss.toFixed(4)}`,
    `test accuracy ${percent(test.accuracy)}, loss ${test.loss.toFixed(4)}`,
    `widths ${widths.join('-')}, ${weightCount} weights, ${inputs.join(' of ')} inputs`,
    `added ${added} and removed ${removed} features and inputs in ${history.events.length} tries`,
    `${history.epochs.length} epochs in ${seconds.toFixed(1)} s (${engine.module}, ${engine.numerics} numerics, ${threads})${growth}`,
    `run folder ${folder}: model.safetensors, history.json, report.svg, growth.svg`,
    '',
  ].join('\n');
}

/** Trains a growing network, says how it went, and writes the run folder. */
export async function train(
  name: TaskName,
  options: TrainOptions,
  streams: Streams,
  signal: AbortSignal,
): Promise<TrainResult> {
  const { seed, numerics, threads } = options;
  const begun = new Date();
  const engine = await init({ numerics, ...(threads !== undefined && { threads }) });
  try {
    const task = await loadTask(name, seed, options.data);
    const model = await DynamicModel.create({ input: task.train.shape, layers: task.layers, seed });
    if (!options.quiet) {
      const { train, valid, test } = task;
      const start = (await model.widths()).join('-');
      streams.err.write(
        `${name}: ${train.rows} rows train, ${valid.rows} decide, ${test.rows} test; widths ${start} at the start\n`,
      );
    }
    const clock = performance.now();
    const history = await fit(model, task, options, streams.err, signal);
    const seconds = (performance.now() - clock) / 1000;
    const { widths, weightCount, inputs: used } = await model.structure();
    const inputs: [number, number] = [used, task.train.shape.reduce((product, size) => product * size)];
    const folder = options.out ?? join('runs', runName(name, begun));
    const { added, removed } = history;
    const [valid, test] = [await model.evaluate(task.valid), await model.evaluate(task.test)];
    const result: TrainResult = { valid, test, widths, weightCount, inputs, added, removed, seconds, folder };
    const title = `${name}, seed ${seed}: ${percent(test.accuracy)} on test data`;
    await writeRun(folder, title, model, history, { task: name, options, engine, result });
    streams.out.write(resultText(result, history, engine));
    return result;
  } finally {
    await shutdown();
  }
}
