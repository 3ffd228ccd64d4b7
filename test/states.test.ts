/** Saved models that are broken, foreign or hostile: refused with what is wrong, and the model stays as it was. */
import { Dataset, Dense, DynamicDense, DynamicModel, shutdown, type ModelState } from 'cambium';
import { readSafetensors, writeSafetensors } from 'cambium/formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError, noise, sameBytes } from './support/engine.ts';

let model: DynamicModel;
let file: Uint8Array;

beforeAll(async () => {
  const layers = [new DynamicDense({ units: 4 }), new DynamicDense({ units: 2 })];
  model = await DynamicModel.create({ input: [3], layers, seed: 1 });
  await model.fit({ x: noise(30), shape: [3], y: new Uint8Array(10) });
  file = await model.save();
});
afterAll(shutdown);

/** `load` and `restore` refuse `bytes`, and the model stays. */
async function refused(bytes: Uint8Array, message: RegExp): Promise<void> {
  await expectError(() => DynamicModel.load(bytes), 'STATE', message);
  await expectError(() => model.restore(bytes), 'STATE', message);
  expect(sameBytes(await model.save(), file)).toBe(true);
}

/** The file with its header's JSON or its tensors changed. */
function changed(edit: (parts: ReturnType<typeof readSafetensors> & { header: Record<string, unknown> }) => void): Uint8Array {
  const { tensors, metadata } = readSafetensors(file);
  const parts = { tensors, metadata, header: JSON.parse(metadata['cambium']!) as Record<string, unknown> };
  edit(parts);
  return writeSafetensors(parts.tensors, { cambium: JSON.stringify(parts.header) });
}

describe('a file', () => {
  it('that is cut anywhere is refused', async () => {
    for (let length = 0; length < file.length; length += 97) await refused(file.slice(0, length), /./);
  });

  it('of random bytes is refused', async () => {
    for (let seed = 1; seed <= 50; seed++) await refused(Uint8Array.from(noise(64 + seed, seed), (v) => 128 * (v + 1)), /./);
  });

  it('with any byte of its header changed is refused, or is still a model', async () => {
    const end = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
    for (let at = 0; at < end; at += 7) {
      const bytes = Uint8Array.from(file);
      bytes[at]! ^= 0x15;
      const loaded = await DynamicModel.load(bytes).catch((error: unknown) => error);
      if (loaded instanceof DynamicModel) {
        expect((await loaded.predict([[1, 2, 3]])).shape[0]).toBe(1);
        loaded.dispose();
      } else await expectError(() => Promise.reject(loaded), 'STATE', /./);
    }
  });

  it('whose header is longer than the file is refused', async () => {
    const bytes = Uint8Array.from(file);
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n, true);
    await refused(bytes, /header/);
  });

  it.each<[string, Parameters<typeof changed>[0], RegExp]>([
    ['without an array', ({ tensors }) => delete tensors['layers.1.weight'], /layers\.1\.weight/],
    ['with an array left over', ({ tensors }) => (tensors['layers.9.weight'] = tensors['layers.1.weight']!), /arrays|layers\.9/],
    ['with an array of another shape', ({ tensors }) => (tensors['layers.0.weight']!.shape = [4, 3]), /layers\.0\.weight.*\[4, 3\].*\[3, 4\]/],
    ['with NaN as a weight', ({ tensors }) => (tensors['layers.0.weight']!.data[5] = NaN), /layers\.0\.weight/],
    ['with a negative second moment', ({ tensors }) => (tensors['optimizer.layers.0.weight.second']!.data[0] = -1), /second/],
    ['with births after its last step', ({ tensors }) => tensors['optimizer.layers.0.weight.birth']!.data.fill(99), /birth/],
    ['of an unknown version', ({ header }) => (header['version'] = 99), /version 99/],
    ['without a model', ({ header }) => delete header['spec'], /no model|spec/],
    ['with an unknown layer', ({ header }) => ((header['spec'] as ModelState['config']).layers[0] = { type: 'Odd' } as never), /Odd/],
    ['for another width', ({ header }) => ((header['spec'] as ModelState['config']).layers[0] = { type: 'DynamicDense', units: 5 }), /layers\.0/],
    ['for a network too large for any memory', ({ header }) => ((header['spec'] as ModelState['config']).layers[0] = { type: 'DynamicDense', units: 4e9 }), /./],
    ['without random streams', ({ header }) => delete header['streams'], /streams/],
  ])('%s is refused', (_, edit, message) => refused(changed(edit), message));

  it('of another kind is refused', async () => {
    await refused(writeSafetensors({ 'layers.0.weight': { shape: [1], data: new Float32Array(1) } }), /not a saved cambium model/);
  });

  it('for rows of another shape does not replace a model', async () => {
    using other = await DynamicModel.create({ input: [5], layers: [new Dense({ units: 2 })] });
    const bytes = await other.save();
    await expectError(() => model.restore(bytes), 'SHAPE', /\[5\].*\[3\]/);
  });
});

describe('setState', () => {
  it.each<[string, (state: Required<ModelState>) => unknown]>([
    ['nothing', () => undefined],
    ['no tensors', (state) => ({ config: state.config })],
    ['tensors of another shape', (state) => ({ ...state, tensors: { ...state.tensors, 'layers.0.bias': { shape: [3], data: new Float32Array(3) } } })],
    ['a tensor whose shape lies', (state) => ({ ...state, tensors: { ...state.tensors, 'layers.0.bias': { shape: [4], data: new Float32Array(3) } } })],
  ])('refuses %s', async (_, make) => {
    const state = make(await model.getState());
    await expectError(() => model.setState(state as ModelState), 'STATE', /./);
    expect(sameBytes(await model.save(), file)).toBe(true);
  });
});

it('a model that was refused a state trains on', async () => {
  await refused(new Uint8Array(20), /./);
  using data = await Dataset.from({ x: noise(30), shape: [3], y: new Uint8Array(10), classes: 2 });
  expect((await model.fit(data)).epochs).toHaveLength(1);
});
