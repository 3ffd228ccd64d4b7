/** One fit that uses everything at once gives the same file in every module, at any number of threads, and natively. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adam, cosine, Dataset, DynamicModel, shutdown, type ModelSpec, type ModuleName, type Numerics } from 'cambium';
import { digits } from 'cambium/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sameBytes, start } from './support.ts';

const root = new URL('..', import.meta.url);

/**
 * Convolutions and dense layers that grow, fixed layers between them, dropout, a schedule. Wide enough for threads: small
 * steps stay on one, however many there are, and this takes about 2.6 million multiply-adds a step.
 */
const spec: ModelSpec = {
  input: [8, 8, 1],
  seed: 11,
  layers: [
    { type: 'DynamicConv2D', filters: 8, strides: [1, 1] },
    { type: 'MaxPooling2D', poolSize: [2, 2] },
    { type: 'DynamicConv2D', filters: 12, strides: [1, 1], useBias: true, activation: 'gelu' },
    { type: 'DynamicConv2DToDense', units: 7, activation: 'tanh' },
    { type: 'Dropout', rate: 0.2 },
    { type: 'DynamicDense', units: 6 },
    { type: 'DynamicDense', units: 10 },
  ],
  optimizer: adam({ schedule: cosine({ start: 0.5 }), clipNorm: 5 }),
};

/** 1,078 rows in batches of 64 leave a short last batch of 54. */
const batchSize = 64;
const epochs = 3;
const growth = { method: 'stochastic', every: 2, weightPenalty: 1e-6, scoringRows: 50, prune: 0.005 } as const;

let parts: { train: Dataset; valid: Dataset };

beforeAll(async () => {
  const all = await Dataset.from({ ...(await digits()), shape: [8, 8, 1] });
  const [train, valid] = all.split([0.6, 0.2], 5);
  parts = { train, valid };
  expect(train.rows % batchSize).toBeGreaterThan(0);
});
afterAll(shutdown);

/** Runs the fit in one module and gives the saved file. */
async function fitted(module: ModuleName, numerics: Numerics, threads: number): Promise<Uint8Array> {
  await start({ module, numerics, threads });
  using model = await DynamicModel.create(spec);
  const history = await model.fit(parts.train, { batchSize, epochs, growth, validationData: parts.valid });
  expect(history.added, 'features added').toBeGreaterThan(0);
  expect(history.removed, 'features removed').toBeGreaterThan(0);
  expect(history.events.some((event) => event.verdict === 'undone')).toBe(true);
  return model.save();
}

function nativeFits(threads: readonly number[]): Uint8Array[] {
  const folder = mkdtempSync(join(tmpdir(), 'cambium-scenario-'));
  try {
    const description = join(folder, 'scenario.json');
    const plan = { batchSize, epochs, shuffle: true, growth: { ...growth, scoring: 'validation' } };
    const [train, valid] = [parts.train, parts.valid].map((data) => ({
      spec: { rows: data.rows, shape: data.shape, dtype: 'u8', scale: data.scale, targets: data.targets },
      x: [...data.x],
      y: [...data.y!],
    }));
    writeFileSync(description, JSON.stringify({ model: spec, plan, train, valid }));
    return threads.map((count) => {
      const saved = join(folder, `${count}.safetensors`);
      // As `cargo test` builds it: optimised, and built already where the whole suite runs.
      const build = ['run', '--quiet', '--profile', 'test', '--package', 'cambium-core', '--example', 'scenario'];
      execFileSync('cargo', [...build, '--', description, String(count), saved], { cwd: root, stdio: 'pipe' });
      return new Uint8Array(readFileSync(saved));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('one fit gives the same file', () => {
  it('natively and in WebAssembly with portable numerics, at any number of threads', { timeout: 600_000 }, async () => {
    const single = await fitted('simd128', 'portable', 1);
    for (const threads of [2, 3, 4]) {
      expect(sameBytes(await fitted('simd128-threads', 'portable', threads), single), `${threads} threads`).toBe(true);
    }
    for (const [i, file] of nativeFits([1, 2, 4]).entries()) {
      expect(sameBytes(file, single), `natively, ${[1, 2, 4][i]} threads`).toBe(true);
    }
  });

  it('with fast numerics at any number of threads', async () => {
    const single = await fitted('relaxed', 'fast', 1);
    for (const threads of [2, 3, 4]) {
      expect(sameBytes(await fitted('relaxed-threads', 'fast', threads), single), `${threads} threads`).toBe(true);
    }
  });
});
