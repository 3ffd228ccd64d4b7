import { adam, DynamicDense, DynamicModel, init, type EpochLog, type FitRun, type GrowthEvent } from 'cambium';
import { disposeTask, SEED, type Task } from '../data/task.ts';
import type { Store } from '../store.ts';
import { remember } from './changes.ts';
import { emptyCurve, extend } from './curve.ts';
import { withRawColumns } from './export.ts';
import { Gate } from './gate.ts';
import { growthFor } from './growth.ts';
import { takeSnapshot } from './snapshot.ts';
import type { Run, Settings, State } from './state.ts';
import { applied, hiddenWidths, structureOf } from './structure.ts';

/** An epoch takes at least this long: small nets learn faster than an eye can follow. */
const EPOCH_MS = 50;
/** Weights and pictures are read at most this often. */
const SNAPSHOT_MS = 150;
/** The page needs little; phones reserve all of it at once. */
const MAX_MEMORY = 2 ** 29;

/** One model in training. */
interface Live {
  model: DynamicModel;
  task: Task;
  gate: Gate;
  /** The epoch that is being trained. */
  fit?: FitRun;
  /** Whether another model takes its place. */
  over: boolean;
  ended: Promise<void>;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Trains by the engine and writes what happens into the store. All commands of the page end here. */
export class Session {
  readonly #store: Store<State>;
  #live: Live | undefined;
  #task: Task | undefined;
  /** Commands that exchange the model run one after the other. */
  #commands: Promise<void> = Promise.resolve();

  constructor(store: Store<State>) {
    this.#store = store;
  }

  /** Starts over on other data with its usual settings. The data so far stays if the new one cannot be loaded. */
  choose(source: State['source'], load: () => Promise<Task>): Promise<void> {
    return this.#command(async () => {
      const task = await load();
      await this.#end();
      if (this.#task) disposeTask(this.#task);
      this.#task = task;
      const { updatesPerEpoch, weightPenalty } = task;
      this.#store.update({ source, settings: { updatesPerEpoch, weightPenalty } });
      await this.#begin(task);
    });
  }

  /** Starts over on the same data, with the settings as they are. */
  reset(): Promise<void> {
    return this.#command(async () => {
      await this.#end();
      if (this.#task) await this.#begin(this.#task);
    });
  }

  /** Trains until told otherwise. */
  start(): void {
    this.#allow(Infinity, `Training on ${this.#live?.task.name}.`);
  }

  /** Trains to the end of one epoch. */
  step(): void {
    this.#allow(1, 'Training for one epoch.');
  }

  /** Stops before the next group of steps. */
  pause(): void {
    if (this.#store.state.phase !== 'running') return;
    this.#live?.gate.allow(0);
    void this.#live?.fit?.pause();
    this.#rest();
  }

  /** Changes the method's parameters; they hold from the next epoch on. */
  set(settings: Partial<Settings>): void {
    this.#store.update({ settings: { ...this.#store.state.settings, ...settings } });
  }

  /** The model as a file, and its name. */
  async save(): Promise<{ name: string; bytes: Uint8Array }> {
    if (!this.#live) throw new Error('There is no model to save.');
    const { model, task } = this.#live;
    const bytes = await model.save();
    const widths = await model.widths();
    const stem = task.name.replace(/\.\w+$/, '').replace(/[^\w-]+/g, '-');
    return { name: `cambium-${stem}-${widths.join('-')}.safetensors`, bytes: task.table ? await withRawColumns(bytes, task.table) : bytes };
  }

  #command(work: () => Promise<void>): Promise<void> {
    this.#commands = this.#commands.then(work).catch((error: unknown) => this.#store.update({ error: describe(error) }));
    return this.#commands;
  }

  #allow(epochs: number, message: string): void {
    if (this.#store.state.phase !== 'paused') return;
    this.#store.update({ phase: 'running', message });
    this.#live?.gate.allow(epochs);
    this.#live?.fit?.resume();
  }

  /** Says that training stands still. */
  #rest(): void {
    this.#store.update({ phase: 'paused', message: `Paused${this.#figures()}` });
  }

  /** Ends the model so far. */
  async #end(): Promise<void> {
    const live = this.#live;
    if (!live) return;
    this.#live = undefined;
    live.over = true;
    live.gate.allow(Infinity);
    live.fit?.stop();
    await live.ended;
    live.model.dispose();
  }

  /** A new model on `task`, paused before its first step. */
  async #begin(task: Task): Promise<void> {
    this.#store.update({ phase: 'loading', message: `Preparing ${task.name}.`, error: undefined });
    try {
      const engine = await init(this.#store.state.engine ? undefined : { maxMemory: MAX_MEMORY });
      const layers = [...task.hidden, task.outputs].map((units) => new DynamicDense({ units, newWeightStd: 0.3 }));
      const optimizer = adam({ learningRate: task.learningRate });
      const model = await DynamicModel.create({ input: task.train.shape, layers, seed: SEED, optimizer });
      const structure = structureOf([task.train.shape[0]!, ...task.hidden, task.outputs]);
      const snapshot = await takeSnapshot(model, task, structure);
      const counts = { kept: 0, undone: 0, blocked: 0 };
      const run: Run = { task, structure, weightCount: await model.weightCount(), snapshot, curve: emptyCurve, changes: [], counts };
      const live: Live = { model, task, gate: new Gate(), over: false, ended: Promise.resolve() };
      this.#live = live;
      this.#store.update({ phase: 'paused', message: `Ready: ${task.name}, ${task.about}.`, engine, run });
      live.ended = this.#train(live).catch((error: unknown) => this.#fail(live, error));
    } catch (error) {
      this.#store.update({ phase: 'failed', message: 'No model.', error: describe(error) });
    }
  }

  /** Trains epoch by epoch as the gate allows, until the model's time is over. */
  async #train(live: Live): Promise<void> {
    const { model, task, gate } = live;
    let looked = 0;
    for (let epoch = 0; ; epoch++) {
      await gate.pass();
      if (live.over) return;
      const begun = performance.now();
      live.fit = model.fit(task.train, {
        ...{ epochs: 1, batchSize: task.batchSize, validationData: task.valid },
        ...growthFor(task, this.#store.state.settings),
        onEvent: (event) => this.#note(event),
      });
      const [log] = (await live.fit).epochs;
      if (live.over) return;
      this.#noteEpoch({ ...log!, epoch });
      gate.spend();
      if (!gate.open || performance.now() - looked >= SNAPSHOT_MS) {
        looked = performance.now();
        this.#change({ snapshot: await takeSnapshot(model, task, this.#store.state.run!.structure) });
      }
      if (!gate.open) this.#rest();
      await new Promise((resolve) => setTimeout(resolve, EPOCH_MS - (performance.now() - begun)));
    }
  }

  #change(part: Partial<Run>): void {
    this.#store.update({ run: { ...this.#store.state.run!, ...part } });
  }

  #note(event: GrowthEvent): void {
    const { structure, changes, counts } = this.#store.state.run!;
    const number = counts.kept + counts.undone + counts.blocked + 1;
    this.#change({
      structure: applied(structure, event),
      weightCount: event.verdict === 'kept' ? event.weightsAfter : this.#store.state.run!.weightCount,
      changes: remember(changes, { ...event, number }),
      counts: { ...counts, [event.verdict]: counts[event.verdict] + 1 },
    });
  }

  #noteEpoch(last: EpochLog): void {
    this.#change({ last, curve: extend(this.#store.state.run!.curve, last), weightCount: last.weightCount });
  }

  #figures(): string {
    const run = this.#store.state.run!;
    if (!run.last) return ' in the first epoch.';
    const { epoch, valLoss, valAccuracy } = run.last;
    const right = valAccuracy === undefined ? '' : `${(100 * valAccuracy).toFixed(1)} % right, `;
    return ` after epoch ${epoch + 1}: ${right}loss ${valLoss!.toFixed(4)}, widths ${hiddenWidths(run.structure).join('-')}.`;
  }

  #fail(live: Live, error: unknown): void {
    if (live.over) return;
    this.#store.update({ phase: 'failed', message: 'Training stopped. Reset starts over.', error: describe(error) });
  }
}
