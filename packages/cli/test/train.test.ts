import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { DynamicModel, engineInfo, init, shutdown, type History } from 'cambium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program } from '../src/program.ts';
import { loadTask } from '../src/task.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cambium-cli-'));
});
afterAll(async () => {
  await shutdown();
  await rm(folder, { recursive: true });
});

/** Runs the command and gives what it wrote. */
async function run(
  args: string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<{ out: string; err: string }> {
  const texts = { out: '', err: '' };
  const into = (name: 'out' | 'err') => ({ write: (text: string) => void (texts[name] += text) });
  const command = program({ out: into('out'), err: into('err') }, signal);
  for (const each of [command, ...command.commands]) each.exitOverride();
  await command.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
    if (!/^commander\./.test((error as { code?: string }).code ?? '')) throw error;
  });
  return texts;
}

/** An IDX file of bytes. */
function idx(shape: number[], body: Uint8Array): Uint8Array {
  return Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, n >> 8, n & 255]), ...body]);
}

describe('cambium train', () => {
  it('trains on digits and leaves a run folder', async () => {
    const place = join(folder, 'digits');
    const { out, err } = await run([
      'train',
      'digits',
      '--epochs',
      '4',
      '--seed',
      '5',
      '--threads',
      '1',
      '--out',
      place,
    ]);
    const [, accuracy, loss] = /^test accuracy ([\d.]+) %, loss ([\d.]+)$/m.exec(out)!;
    expect(out).toMatch(/^validation accuracy [\d.]+ %/m);
    expect(out).toMatch(
      /^widths \d+, \d+ weights, \d+ of 64 inputs\nadded \d+ and removed \d+ features and inputs in \d+ tries\n4 epochs in [\d.]+ s \(simd128, portable numerics, 1 thread\); growth took \d+\.\d % of the time\n/m,
    );
    expect(err).toMatch(
      /^digits: 1150 rows train, 288 decide, 359 test; widths 4 at the start\nepoch 1\/4 .*\nepoch 2\/4 /,
    );
    await init({ numerics: 'portable' });
    using model = await DynamicModel.load(await readFile(join(place, 'model.safetensors')));
    const { test } = await loadTask('digits', 5, undefined);
    const again = await model.evaluate(test);
    expect([(100 * again.accuracy!).toFixed(1), again.loss.toFixed(4)]).toEqual([accuracy, loss]);
    const history = JSON.parse(await readFile(join(place, 'history.json'), 'utf8')) as History & {
      options: object;
      result: object;
    };
    expect(history.epochs).toHaveLength(4);
    expect(history.options).toMatchObject({ seed: 5, epochs: 4 });
    expect(history.result).toMatchObject({ test: { loss: again.loss } });
    expect(await readFile(join(place, 'report.svg'), 'utf8')).toMatch(/^<svg /);
    const growth = await readFile(join(place, 'growth.svg'), 'utf8');
    expect(growth.match(/<g class="decision /g)).toHaveLength(history.events.length);
  });

  it('gives the same result for the same seed', async () => {
    const results = [];
    for (const threads of ['1', '2']) {
      const { out, err } = await run([
        'train',
        'digits',
        '--epochs',
        '2',
        '--quiet',
        '--threads',
        threads,
        '--out',
        join(folder, 'same'),
      ]);
      expect(err).toBe('');
      results.push(out.replace(/^.* epochs in .*$/m, ''));
    }
    expect(results[0]).toBe(results[1]);
    expect(engineInfo()).toBeUndefined();
  });

  it('keeps to a number of weights', async () => {
    const options = ['--weights', '900', '--epochs', '10', '--quiet', '--out', join(folder, 'weights')];
    const { out } = await run(['train', 'digits', ...options]);
    const [, count, used, removed] = /^widths \d+, (\d+) weights, (\d+) of 64 inputs\nadded \d+ and removed (\d+) features and inputs/m.exec(out)!.map(Number);
    expect(count).toBeLessThanOrEqual(900);
    expect(count).toBeGreaterThan(800);
    expect(used).toBeLessThan(64);
    expect(removed).toBeGreaterThanOrEqual(64 - used!);
    const { err } = await run(['train', 'digits', '--weights', '900', '--weight-penalty', '1e-4']);
    expect(err).toMatch(/'--weights <n>' cannot be used with option '--weight-penalty <x>'/);
  });

  it('counts what it is told to', async () => {
    const options = ['--cost', 'multiplyAdds', '--price', '0.3', '--epochs', '10', '--quiet', '--out', join(folder, 'cost')];
    await run(['train', 'digits', ...options]);
    const { events } = JSON.parse(await readFile(join(folder, 'cost', 'history.json'), 'utf8')) as { events: { reason: string }[] };
    expect(events.some(({ reason }) => reason.endsWith('for each multiply-add saved'))).toBe(true);
    const { err } = await run(['train', 'digits', '--weights', '900', '--cost', 'multiplyAdds']);
    expect(err).toMatch(/'--cost <unit>' cannot be used with option '--weights <n>'/);
  });

  it('learns the digits from width 4: at least 96 % on held-out rows, mean of 5 seeds', { timeout: 120_000 }, async () => {
    const accuracies = [];
    for (const seed of ['1', '2', '3', '4', '5']) {
      const { out } = await run(['train', 'digits', '--seed', seed, '--quiet', '--out', join(folder, 'seeds', seed)]);
      accuracies.push(Number(/^test accuracy ([\d.]+) %/m.exec(out)![1]));
    }
    const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length;
    expect(mean, accuracies.join(', ')).toBeGreaterThanOrEqual(96);
  });

  it('saves what was reached when it is interrupted', async () => {
    const place = join(folder, 'interrupted');
    const interrupt = new AbortController();
    interrupt.abort();
    const { out, err } = await run(['train', 'digits', '--out', place], interrupt.signal);
    expect(err).toMatch(/fit was aborted after 0 steps \(0 of \d+ epochs\)/);
    expect(out).toMatch(/^test accuracy/m);
    using model = await DynamicModel.load(await readFile(join(place, 'model.safetensors')));
    expect(await model.widths()).toEqual([4]);
  });

  it('trains on IDX files', async () => {
    const images = (n: number) =>
      gzipSync(
        idx(
          [n, 4, 3],
          Uint8Array.from({ length: 12 * n }, (_, i) => (i * 37) % 256),
        ),
      );
    const labels = (n: number) =>
      idx(
        [n],
        Uint8Array.from({ length: n }, (_, i) => i % 3),
      );
    await writeFile(join(folder, 'train-images-idx3-ubyte.gz'), images(50));
    await writeFile(join(folder, 'train-labels-idx1-ubyte'), labels(50));
    await expect(run(['train', 'idx', '--data', folder])).rejects.toThrow(
      /must have one test \(or t10k\) file like images.\*idx3, not 0/,
    );
    await writeFile(join(folder, 't10k-images-idx3-ubyte.gz'), images(10));
    await writeFile(join(folder, 't10k-labels-idx1-ubyte'), labels(10));
    const { out, err } = await run(['train', 'idx', '--data', folder, '--epochs', '1', '--out', join(folder, 'idx')]);
    expect(err).toMatch(/^idx: 40 rows train, 10 decide, 10 test/);
    expect(out).toMatch(/^test accuracy/m);
  });

  it('trains on CIFAR-10 files', async () => {
    const records = (n: number) =>
      Uint8Array.from({ length: 3073 * n }, (_, i) => (i % 3073 === 0 ? Math.floor(i / 3073) % 10 : (i * 37) % 256));
    await writeFile(join(folder, 'data_batch_1.bin'), records(15));
    await writeFile(join(folder, 'data_batch_2.bin.gz'), gzipSync(records(15)));
    await writeFile(join(folder, 'test_batch.bin'), records(5));
    const { err } = await run([
      'train',
      'cifar10',
      '--data',
      folder,
      '--epochs',
      '1',
      '--out',
      join(folder, 'cifar10'),
    ]);
    expect(err).toMatch(/^cifar10: 24 rows train, 6 decide, 5 test; widths 4-4-4-4-10-10 at the start/);
  });

  it('names what is wrong', async () => {
    expect((await run(['train', 'mnist'])).err).toMatch(
      /'mnist' is invalid for argument 'data'. Allowed choices are digits, idx, cifar10/,
    );
    expect((await run(['train', 'digits', '--epochs', '0'])).err).toMatch(
      /'0' is invalid. It must be a whole number of at least 1/,
    );
    expect((await run(['train', 'digits', '--weight-penalty', '-1'])).err).toMatch(/It must be a number of at least 0/);
    expect((await run(['train', 'digits', '--numerics', 'exact'])).err).toMatch(/Allowed choices are fast, portable/);
    await expect(run(['train', 'idx'])).rejects.toThrow(/train idx needs --data DIR/);
    await expect(run(['train', 'cifar10', '--data', join(folder, 'none')])).rejects.toThrow(/none cannot be read/);
  });

  it('runs as a command', async () => {
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
    const command = (...args: string[]) => promisify(execFile)(process.execPath, [main, ...args], { timeout: 50_000 });
    expect((await command('train', '--help')).stdout).toMatch(/--weight-penalty/);
    const { stdout, stderr } = await command(
      'train',
      'digits',
      '--epochs',
      '1',
      '--quiet',
      '--out',
      join(folder, 'command'),
    );
    expect(stdout).toMatch(/^test accuracy [\d.]+ %/m);
    expect(stderr).toBe('');
    await expect(command('train', 'idx')).rejects.toMatchObject({
      code: 1,
      stderr: 'error: train idx needs --data DIR, the folder of its files\n',
    });
  });
});
