import { readFileSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';

// The package's own declarations are those of this entry too.
const { DynamicDense, DynamicModel, init, shutdown } = (await import('cambium/inline')) as typeof import('cambium');

afterAll(shutdown);

test('cambium/inline says what it cannot do, and computes', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const info = await init({ threads: 2, host: 'worker', numerics: 'fast' });
  expect(info).toMatchObject({ module: 'simd128', numerics: 'portable', threads: 1, host: 'inline' });
  expect(info.reasons.map((reason) => reason.split(',')[0])).toEqual(['host: inline', 'numerics: portable', 'threads: 1 instead of 2']);
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
  using model = await DynamicModel.create({ input: [3], layers: [new DynamicDense({ units: 2 })], seed: 1 });
  expect((await model.predict([[1, 2, 3]])).shape).toEqual([1, 2]);
});

test('cambium/inline refuses another module', async () => {
  await expect(init({ wasm: new Uint8Array([0, 97, 115, 109]) })).rejects.toMatchObject({ code: 'OPTION' });
});

test('what was asked for is no reason', async () => {
  expect((await init({ threads: 1, host: 'inline', numerics: 'portable' })).reasons).toEqual([]);
});

test('a data set of the other entry is refused in words that say so', async () => {
  const { Dataset } = await import('cambium');
  using data = await Dataset.from({ x: [[1, 2, 3]], y: [0] });
  using model = await DynamicModel.create({ input: [3], layers: [new DynamicDense({ units: 2 })] });
  await expect(model.evaluate(data)).rejects.toMatchObject({ code: 'OPTION', message: expect.stringMatching(/^evaluate: this data set is of another copy of cambium.*import all from one/) });
});

test.each([
  ['inline', []],
  ['edge', ['./builtin.js', './check.js', './event.js', './rates.js', './safetensors.js', './summary-text.js', '../../wasm/simd128.wasm']],
])('dist/%s/index.js starts no workers, loads nothing and imports no more than %o', (folder, imported) => {
  const file = readFileSync(new URL(`../../dist/${folder}/index.js`, import.meta.url), 'utf8');
  const code = file.replace(/AGFzbQ[\w+/=]+/, '');
  expect(code).not.toMatch(/new Worker\(|\bfetch\(|import\.meta|worker_threads/);
  const imports = [...code.matchAll(/^import .* from "([^"]+)"|\bimport\((.*?)\)/gm)].map((found) => found[1] ?? found[2]!.replaceAll('"', ''));
  expect(imports.sort()).toEqual([...imported].sort());
});
