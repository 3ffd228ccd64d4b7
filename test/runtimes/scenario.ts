/**
 * The scenario that every runtime runs: networks that grow and shrink while they train, are saved in the middle, loaded, and
 * go on. It uses nothing but the package and WebCrypto, and its data are integers, so that every runtime starts from the
 * same bits.
 */
import {
  Dataset,
  DynamicModel,
  adam,
  cosine,
  engineInfo,
  init,
  shutdown,
  type EngineInfo,
  type GrowthOptions,
  type ModelSpec,
  type Numerics,
} from 'cambium';

const classes = 10;
const side = 8;
/** 1,080 rows for training: batches of 64 leave a short last one of 56, batches of 80 one of 40. */
const rows = { train: 1080, valid: 360 };

const batchSizes = { dense: 64, conv: 64, auto: 80 };
/** Epochs before the model is saved, and after it was loaded. */
const epochs = [3, 1] as const;
const stochastic = { method: 'stochastic', every: 2, weightPenalty: 1e-6, scoringRows: 50, prune: 0.005 } as const;

/** Names of the networks, in the order in which their files are hashed. */
export const names = ['auto', 'dense', 'conv'] as const;
type Name = (typeof names)[number];

/** How each of them grows. */
const growths: Record<Name, GrowthOptions> = { dense: stochastic, conv: stochastic, auto: { method: 'auto', every: 2, inputs: true, scoringRows: 150 } };

/** How those that have a last fit, of one epoch, grow in it: here up and then down to so many weights. */
const endings: Partial<Record<Name, GrowthOptions & { weights: number }>> = {
  conv: { method: 'budget', weights: 4500, every: 1, scoring: 'training', scoringRows: 64 },
};

/** A network of two hidden dense layers. */
function plain(seed: number, wide: number, narrow: number, activation: 'sigmoid' | 'tanh', learningRate: number): ModelSpec {
  const layers = [{ units: wide }, { units: narrow, activation }, { units: classes }].map((layer) => ({ type: 'DynamicDense', ...layer }) as const);
  return { input: [side * side], seed, layers, optimizer: adam({ learningRate }) };
}

/** Wide enough for threads, with these batches: small steps stay on one, however many there are. */
const networks: Record<Name, ModelSpec> = {
  dense: plain(7, 96, 64, 'sigmoid', 0.003),
  conv: {
    input: [side, side, 1],
    seed: 11,
    layers: [
      { type: 'DynamicConv2D', filters: 8, strides: [1, 1] },
      { type: 'MaxPooling2D', poolSize: [2, 2] },
      { type: 'DynamicConv2D', filters: 12, strides: [1, 1], useBias: true, activation: 'gelu' },
      { type: 'BatchNorm', momentum: 0.9 },
      { type: 'DynamicConv2D', filters: 12, strides: [1, 1], activation: 'linear' },
      { type: 'Add', from: 4 },
      { type: 'LayerNorm' },
      { type: 'DynamicConv2DToDense', units: 7, activation: 'tanh' },
      { type: 'Dropout', rate: 0.2 },
      { type: 'DynamicDense', units: 6 },
      { type: 'DynamicDense', units: classes },
    ],
    optimizer: adam({ learningRate: 0.01, schedule: cosine({ start: 0.5 }), clipNorm: 5 }),
  },
  auto: plain(5, 48, 24, 'tanh', 0.01),
};

/** The training of one network as data, for the same fits outside of JavaScript. */
export function description(network: Name): { model: ModelSpec; plans: object[] } {
  const plan = { batchSize: batchSizes[network], shuffle: true, growth: { ...growths[network], scoring: 'validation' } };
  const ending = endings[network] ? [{ ...plan, growth: endings[network], epochs: 1 }] : [];
  return { model: networks[network], plans: [...epochs.map((count) => ({ ...plan, epochs: count })), ...ending] };
}

/** One thing that must hold, and whether it does. */
export interface Check {
  name: string;
  ok: boolean;
}

/** The scenario with one `numerics` on so many threads. */
export interface Run {
  asked: { numerics: Numerics; threads: number };
  info: EngineInfo;
  checks: Check[];
  /** SHA-256 of the files of the final models, one after the other. */
  hash: string;
}

/** What a runtime found. */
export interface Outcome {
  runs: Run[];
  /** Largest difference of a predicted probability between the final models of both numerics. */
  difference: number;
}

/** Images of ten classes, as bytes: a pattern for each class, and noise. */
export function makeData(kind: 'train' | 'valid'): { x: Uint8Array; y: Uint32Array; scale: number; classes: number } {
  const size = side * side;
  const patterns = integers(classes * size, 1);
  const noise = integers(rows[kind] * size, kind === 'train' ? 2 : 3);
  const y = Uint32Array.from({ length: rows[kind] }, (_, row) => row % classes);
  const x = Uint8Array.from(noise, (value, i) => {
    const row = Math.floor(i / size);
      return (patterns[y[row]! * size + (i % size)]! + value) >>> 1;
  });
  return { x, y, scale: 1 / 255, classes };
}

/** Integers from 0 to 255, by a linear congruential generator. */
function integers(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** Runs everything; rejects only where the engine does. */
export async function runScenario(): Promise<Outcome> {
  const runs: Run[] = [];
  const predictions = new Map<Numerics, Float32Array>();
  for (const numerics of ['portable', 'fast'] as const) {
    for (const threads of [1, 2]) {
      await init({ numerics, threads });
      const [info, checks, files] = [engineInfo()!, [] as Check[], [] as Uint8Array[]];
      for (const network of names) {
        const [file, outputs] = await train(network, (name, ok) => checks.push({ name: `${network}: ${name}`, ok }));
        files.push(file);
        predictions.set(numerics, outputs);
      }
      runs.push({ asked: { numerics, threads }, info, checks, hash: await sha256(files) });
    }
  }
  await shutdown();
  const [portable, fast] = [predictions.get('portable')!, predictions.get('fast')!];
  return { runs, difference: portable.reduce((most, value, i) => Math.max(most, Math.abs(value - fast[i]!)), 0) };
}

/** Trains one network, saves and loads it, and goes on, some to a budget; gives the final file and what the model then predicts. */
export async function train(
  network: Name,
  check: (name: string, ok: boolean) => void,
): Promise<[file: Uint8Array, predictions: Float32Array]> {
  const [spec, growth, batchSize] = [networks[network], growths[network], batchSizes[network]];
  const [train, valid] = await Promise.all((['train', 'valid'] as const).map(dataset));
  const model = await DynamicModel.create(spec);
  const before = await model.evaluate(valid!);
  const history = await model.fit(train!, { batchSize, epochs: epochs[0], growth, validationData: valid! });
  const verdicts = new Set(history.events.map((event) => event.verdict));
  check('features were added', history.added > 0);
  check('features were removed', history.removed > 0);
  check('changes were undone', verdicts.has('undone'));
  const after = await model.evaluate(valid!);
  check('the loss fell', after.loss < before.loss);
  check('most rows of the validation data are classified', after.accuracy! > 0.5);

  const file = await model.save();
  const loaded = await DynamicModel.load(file);
  check('a loaded model saves the same file', same(await loaded.save(), file));
  const [one, two] = [await model.predict(valid!), await loaded.predict(valid!)];
  check('a loaded model predicts the same', same(bytes(one.data), bytes(two.data)));
  check('predictions are probabilities', one.data.every((value) => value >= 0 && value <= 1));
  check('evaluate and predict agree', count(one.labels(), valid!.y!) === Math.round(after.accuracy! * rows.valid));

  for (const each of [model, loaded]) await each.fit(train!, { batchSize, epochs: epochs[1], growth, validationData: valid! });
  const final = await loaded.save();
  check('a loaded model trains on to the same file', same(await model.save(), final));
  check('training changed it', !same(final, file));
  const ending = endings[network];
  if (ending) {
    const { added, removed } = await loaded.fit(train!, { batchSize, epochs: 1, growth: ending, validationData: valid! });
    check('features were added on the way to a budget', added > 0);
    check('features were removed on the way to a budget', removed > 0);
    check('the budget is kept', (await loaded.weightCount()) <= ending.weights);
  }
  const [last, { data }] = [await loaded.save(), await loaded.predict(valid!)];
  for (const owned of [model, loaded, train!, valid!]) owned.dispose();
  return [last, data];

  function dataset(kind: 'train' | 'valid'): Promise<Dataset> {
    return Dataset.from({ ...makeData(kind), shape: spec.input });
  }
}

function count(labels: Uint32Array, truth: ArrayLike<number>): number {
  return labels.reduce((right, label, i) => right + Number(label === truth[i]), 0);
}

function bytes(array: Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** The hash of all files, one after the other, in hexadecimal digits. */
export async function sha256(files: readonly Uint8Array[]): Promise<string> {
  const all = new Uint8Array(files.reduce((length, file) => length + file.length, 0));
  files.reduce((at, file) => (all.set(file, at), at + file.length), 0);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
