/** Every example, and the one in README.md, runs as it is written. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noise } from './support.ts';

const examples = new URL('../packages/examples/', import.meta.url);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cambium-examples-'));
  writeFileSync(join(folder, 'data_batch_1.bin'), images(200, 1));
  writeFileSync(join(folder, 'data_batch_2.bin.gz'), gzipSync(images(100, 2)));
  writeFileSync(join(folder, 'test_batch.bin'), images(50, 3));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Images in CIFAR-10's format: noise, brighter in one of ten bands of three rows, the number of which is the label. */
function images(count: number, seed: number): Uint8Array {
  const record = 1 + 3 * 1024;
  const random = noise(count * record, seed);
  const bytes = Uint8Array.from(random, (value) => 60 * (value + 1));
  for (let n = 0; n < count; n++) {
    const label = n % 10;
    bytes[n * record] = label;
    for (let colour = 0; colour < 3; colour++) {
      const from = n * record + 1 + colour * 1024 + label * 96;
      bytes.fill(220, from, from + 96);
    }
  }
  return bytes;
}

/** Runs a program of the examples in this Node; gives what it printed. */
async function run(args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: fileURLToPath(examples) });
  expect(stderr).toBe('');
  return stdout;
}

function accuracy(output: string): number {
  return Number(/accuracy:? ([\d.]+)(?![^]*accuracy)/.exec(output)?.[1]);
}

describe('the examples', () => {
  it.each(['stochastic', 'prune-expand'])('%s-cifar10 trains, grows and tells how it ended', async (name) => {
    const output = await run([`src/${name}-cifar10.ts`, '--data', folder, '--epochs', '8']);
    expect(output.match(/^epoch \d+\/8 {2}loss [\d.]+ .*valAccuracy [\d.]+ {2}widths [\d-]+ {2}weights \d+$/gm)).toHaveLength(8);
    // Eight epochs of three steps hold two events.
    const [, added, removed] = /(\d+) features added, (\d+) removed/.exec(output)!.map(Number);
    if (name === 'prune-expand') expect(added).toBe(2);
    else expect(added! + removed!).toBeLessThanOrEqual(2);
    expect(accuracy(output)).toBeGreaterThanOrEqual(0);
  });

  it('the CIFAR-10 recipes say what they need', async () => {
    const failure = run(['src/stochastic-cifar10.ts']);
    await expect(failure).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--data DIR is needed') });
  });

  it.each(['custom-loop', 'custom-loss', 'own-method'])('%s learns the digits', async (name) => {
    expect(accuracy(await run([`src/${name}.ts`]))).toBeGreaterThan(0.8);
  });
});

describe('README.md', () => {
  it('has an example that runs as written', async () => {
    const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const blocks = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1]!);
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      const output = await run(['--input-type=module-typescript', '--eval', block]);
      expect(output).toMatch(/axis 0 now has \d+ features/);
      expect(accuracy(output)).toBeGreaterThan(0.8);
    }
  });
});
