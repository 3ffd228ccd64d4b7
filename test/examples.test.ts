/** Every example, and those in README.md, docs/growth.md and docs/life-cycle.md, runs as it is written. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noise } from './support/engine.ts';

/** Each takes a second or two; the rest is for a busy machine. */
const LIMIT_MS = 50_000;
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
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: fileURLToPath(examples), timeout: LIMIT_MS });
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

describe('growth-picture', () => {
  it('draws every decision that a saved model holds', async () => {
    const file = join(folder, 'growth.svg');
    const [, count] = /^(\d+) decisions drawn in /.exec(await run(['src/growth-picture.ts', '--out', file]))!;
    expect(readFileSync(file, 'utf8').match(/<g class="decision /g)).toHaveLength(Number(count));
  });
});

describe('auto', () => {
  it('finds a size and leaves out pixels', async () => {
    const output = await run(['src/auto.ts']);
    const [, weights, pixels] = /to \d+-\d+, (\d+) weights, (\d+) of 64 pixels:$/m.exec(output)!.map(Number);
    expect(weights).toBeLessThan(2500);
    expect(output.match(/■/g)).toHaveLength(pixels!);
    expect(pixels).toBeLessThan(60);
    expect(Number(/^test accuracy ([\d.]+) %$/m.exec(output)![1])).toBeGreaterThan(95);
  });
});

describe('budget', () => {
  it('compares at equal steps, with no more weights', async () => {
    const output = await run(['src/budget.ts', '--seeds', '2', '--steps', '300', '--weights', '600']);
    const weights = [...output.matchAll(/(\d+) weights/g)].map((match) => Number(match[1]));
    expect(weights).toHaveLength(4);
    expect(Math.max(...weights)).toBeLessThanOrEqual(600);
    expect(output).toMatch(/^mean gain -?\d+\.\d\d points, standard error \d+\.\d\d$/m);
  });
});

describe('stop-and-go', () => {
  const steps = (output: string): number[] => [...output.matchAll(/at step (\d+)/g)].map((match) => Number(match[1]));

  it('goes on where it stopped, whatever stopped it', async () => {
    const file = join(folder, 'stop-and-go.safetensors');
    const first = await run(['src/stop-and-go.ts', '--file', file, '--epochs', '3']);
    expect(first.match(/^epoch \d: \d+ features, accuracy [\d.]+$/gm)).toHaveLength(3);
    expect(steps(first)).toEqual([0, 45]);
    const outOfTime = await run(['src/stop-and-go.ts', '--file', file, '--epochs', '1000000', '--seconds', '0.5']);
    expect(outOfTime).toMatch(/fit was aborted after \d+ steps \(\d+ of 1000000 epochs\)/);
    const [begun, saved] = steps(outOfTime);
    expect(begun).toBe(45);
    expect(saved).toBeGreaterThan(45);

    const args = ['src/stop-and-go.ts', '--file', file, '--epochs', '1000000'];
    const child = spawn(process.execPath, args, { cwd: fileURLToPath(examples), stdio: ['ignore', 'pipe', 'inherit'], timeout: 30_000 });
    let output = '';
    child.stdout.on('data', (text: Buffer) => {
      const underWay = output.includes('epoch 2:');
      output += text.toString();
      if (!underWay && output.includes('epoch 2:')) child.kill('SIGINT');
    });
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => child.on('close', (...ended) => resolve(ended)));
    expect([code, signal]).toEqual([0, null]);
    expect(output).toContain('fit was aborted');
    expect(steps(output)[0]).toBe(saved);
    expect(steps(output)[1]).toBeGreaterThan(saved!);
  });
});

describe('docs/growth.md', () => {
  it('has an example that finds a size', async () => {
    const text = readFileSync(new URL('../docs/growth.md', import.meta.url), 'utf8');
    const [, block] = /^```js\n(.*?)^```/ms.exec(text)!;
    const output = await run(['--input-type=module', '--eval', `${block!}(await import('cambium')).shutdown();`]);
    expect(output).toMatch(/^\d+ came, \d+ went\n/);
  });
});

describe('docs/life-cycle.md', () => {
  const text = readFileSync(new URL('../docs/life-cycle.md', import.meta.url), 'utf8');
  const [preamble, ...blocks] = [...text.matchAll(/^```js\n(.*?)^```/gms)].map((match) => match[1]!);
  const printed = [
    /^(epoch \d+: 0\.\d+\n)+\d+ steps\n$/,
    /^paused after \d+ steps\n200 epochs, validation loss from \d\.\d+ to 0\.\d+\n$/,
    /^good enough\nAbortError ABORTED TimeoutError\ntrue true\n$/,
    /^359 answers while two models train\n$/,
    /^0\n$/,
    /^ENGINE_DIED\nENGINE_DIED\n1\n$/,
  ];

  it.each(printed)('has an example that prints %s', async (expected) => {
    expect(blocks).toHaveLength(printed.length);
    expect(await run(['--input-type=module', '--eval', preamble! + blocks[printed.indexOf(expected)]!])).toMatch(expected);
  });
});

describe('README.md', () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1]!);
  const printed = [/^epoch \d+: \d+ hidden features, [\d.]+ right$/m, /^rows of 65 /m];

  it.each(printed)('has an example that runs as written and prints %s', async (expected) => {
    expect(blocks).toHaveLength(printed.length);
    const output = await run(['--input-type=module-typescript', '--eval', blocks[printed.indexOf(expected)]!]);
    expect(output).toMatch(expected);
    expect(accuracy(output)).toBeGreaterThan(0.8);
  });
});
