import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import workerThreads from 'node:worker_threads';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { engine, engineInfo, init, shutdown } from '../../dist/runtime/engine.js';
import type { InitOptions } from 'cambium';

const spec = JSON.stringify({ input: [3], layers: [{ type: 'DynamicDense', units: 4 }, { type: 'DynamicDense', units: 2 }], seed: 7 });
const rows = { rows: 4, shape: [3], dtype: 'f32' as const, scale: 1, targets: { type: 'none' as const } };

async function outputs(): Promise<number[]> {
  const running = await engine();
  const model = await running.call('modelCreate', spec);
  const data = await running.call('datasetCreate', rows, Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)), null);
  return [...(await running.call('predict', model, data, true))];
}

afterEach(shutdown);

describe('every module and host', () => {
  const cases: InitOptions[] = [];
  for (const numerics of ['portable', 'fast'] as const) {
    for (const threads of [1, 2]) for (const host of ['worker', 'inline'] as const) cases.push({ numerics, threads, host });
  }
  test.each(cases)('%o starts and computes', async (options) => {
    const info = await init(options);
    expect(info).toMatchObject({ threads: options.threads, host: options.host });
    expect(info.module.endsWith('-threads')).toBe(options.threads === 2);
    expect(engineInfo()).toEqual(info);
    const values = await outputs();
    expect(values).toHaveLength(8);
    if (options.numerics !== 'portable') return;
    await init({ numerics: 'portable', threads: 1, host: 'inline' });
    expect(values).toEqual(await outputs());
  });
});

describe('an engine', () => {
  test('starts at first use and is kept by init() without options', async () => {
    expect(engineInfo()).toBeUndefined();
    const first = await engine();
    expect(await init()).toBe(first.info);
    expect(await engine()).toBe(first);
  });

  test('has the options of the last init, however calls overlap', async () => {
    const first = expect(init({ threads: 1 })).rejects.toMatchObject({ code: 'ENGINE_DIED', message: 'the engine was ended by init() while it started' });
    const [second, used] = await Promise.all([init({ threads: 1, host: 'inline' }), engine(), first]);
    expect(second.host).toBe('inline');
    expect(used.info).toBe(second);
    expect(engineInfo()).toBe(second);
  });

  test('takes less memory than asked for only if it must', async () => {
    expect((await init({ maxMemory: 2 ** 26 })).memoryBytes).toBe(2 ** 26);
  });

  test('refuses what cannot be copied to a worker, and lets the process end', async () => {
    const running = await engine();
    await expect(running.call('evaluate', 1, 1, (() => 1) as never)).rejects.toMatchObject({ code: 'OPTION', message: expect.stringMatching(/evaluate: a value cannot be passed/) });
    const model = await running.call('modelCreate', spec);
    expect(await running.call('summary', model)).toMatchObject({ step: 0 });
    const script = `import { engine } from '${new URL('../../dist/runtime/engine.js', import.meta.url).href}';
      await (await engine()).call('evaluate', 1, 1, () => 1).catch((error) => console.log(error.code));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
    expect(stdout.trim()).toBe('OPTION');
  });

  test('reports refusals with their code and lives on', async () => {
    const running = await engine();
    await expect(running.call('modelCreate', '{"input":[0],"layers":[]}')).rejects.toMatchObject({ name: 'CambiumError', code: 'OPTION' });
    await expect(running.call('summary', 99)).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(running.call('datasetCreate', rows, new Float32Array(5), null)).rejects.toMatchObject({ code: 'SHAPE' });
    expect(engineInfo()).toBe(running.info);
  });

  test('rejects pending and later calls after shutdown', async () => {
    const running = await engine();
    const pending = running.call('modelCreate', spec);
    const outcome = expect(pending).rejects.toMatchObject({ code: 'ENGINE_DIED' });
    await shutdown();
    await outcome;
    await expect(running.call('memory')).rejects.toMatchObject({ code: 'ENGINE_DIED' });
    expect(engineInfo()).toBeUndefined();
  });

  test('does not start with a module that is not one', async () => {
    await expect(init({ wasm: new Uint8Array([0, 1, 2, 3]) })).rejects.toMatchObject({ code: 'LOAD_FAILED' });
    await expect(init({ wasm: new URL('file:///no/module.wasm'), host: 'inline' })).rejects.toMatchObject({ code: 'LOAD_FAILED' });
  });
});

describe.each(['worker', 'inline'] as const)('the death of an engine hosted %s', (host) => {
  test('comes with the message of the panic, ends all calls, and is followed by a new engine', async () => {
    await init({ host, threads: 1, maxMemory: 2 ** 24 });
    const dying = await engine();
    const tooLong = `{"input":[${'1,'.repeat(3_000_000)}1]}`;
    const calls = [dying.call('modelCreate', tooLong), dying.call('memory')];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'ENGINE_DIED', message: expect.stringContaining('out of memory') });
    expect(engineInfo()).toBeUndefined();
    expect(await outputs()).toHaveLength(8);
    expect(engineInfo()).toMatchObject({ host, memoryBytes: 2 ** 24 });
  });

  test('is not what data larger than memory leads to', async () => {
    await init({ host, threads: 1, maxMemory: 2 ** 24 });
    const running = await engine();
    const large = { ...rows, rows: 10_000_000 };
    await expect(running.call('datasetCreate', large, new Float32Array(3), null)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    await expect(running.call('modelLoad', new Uint8Array(2 ** 25))).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    expect(await outputs()).toHaveLength(8);
  });
});

describe('the pool', () => {
  const { Worker } = workerThreads;
  let workers: InstanceType<typeof Worker>[] = [];

  /** Calls `started` with each worker of a pool. */
  function watch(started: (worker: InstanceType<typeof Worker>) => void): void {
    workerThreads.Worker = class extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        workers.push(this);
        if (String(args[0]).endsWith('/pool-worker.js')) started(this);
      }
    };
  }

  afterEach(() => {
    workerThreads.Worker = Worker;
    workers = [];
  });

  test.each(['worker', 'inline'] as const)('takes the engine with it when a worker fails (%s)', async (host) => {
    const pool: InstanceType<typeof Worker>[] = [];
    watch((worker) => pool.push(worker));
    await init({ host, threads: 3 });
    expect(pool).toHaveLength(2);
    const running = await engine();
    await pool[1]!.terminate();
    await expect(running.call('memory')).rejects.toMatchObject({ code: 'ENGINE_DIED', message: expect.stringContaining('pool worker 2 of 2') });
    expect(engineInfo()).toBeUndefined();
    expect(await outputs()).toHaveLength(8);
  });

  test.each(['worker', 'inline'] as const)('gives way to one thread when it does not start (%s)', async (host) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    watch((worker) => void worker.terminate());
    const info = await init({ host, threads: 4 });
    expect(info).toMatchObject({ host, threads: 1, reasons: [expect.stringMatching(/threads: 1 instead of 4, because pool worker \d of 3 failed/)] });
    expect(await outputs()).toHaveLength(8);
    await vi.waitFor(() => expect(workers.filter((worker) => worker.threadId > 0)).toHaveLength(host === 'worker' ? 1 : 0));
    warn.mockRestore();
  });

  test('gives way to one thread with a folder of modules too, but not where one module is given', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    watch((worker) => void worker.terminate());
    const folder = new URL('../../wasm/', import.meta.url);
    expect(await init({ threads: 2, wasm: folder })).toMatchObject({ threads: 1 });
    await expect(init({ threads: 2, wasm: new URL('relaxed-threads.wasm', folder) })).rejects.toMatchObject({ code: 'LOAD_FAILED', message: expect.stringContaining('pool worker 1 of 1') });
    warn.mockRestore();
  });

  test.each(['worker', 'inline'] as const)('ends with the engine (%s)', async (host) => {
    watch(() => {});
    await init({ host, threads: 3 });
    await shutdown();
    await vi.waitFor(() => expect(workers.filter((worker) => worker.threadId > 0)).toEqual([]));
  });
});

test.each([
  ['no WebAssembly', ['--jitless'], ''],
  ['no SIMD', [], 'WebAssembly.validate = () => false;'],
])('%s is said, in a process that then ends', async (_, flags, before) => {
  const url = new URL('../../dist/index.js', import.meta.url).href;
  const program = `${before} const { init } = await import('${url}');
    await init().catch((error) => console.log(error.code, error.message));`;
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--input-type=module', '--eval', program], { timeout: 20_000 });
  expect(stdout).toMatch(/^LOAD_FAILED this JavaScript engine has no WebAssembly SIMD/);
});

test('threads that cannot be had are warned of once', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.stubGlobal('crossOriginIsolated', false);
  await init({ threads: 3 });
  await init({ threads: 3 });
  expect(engineInfo()).toMatchObject({ threads: 1, reasons: [expect.stringContaining('cannot be shared')] });
  expect(warn).toHaveBeenCalledOnce();
  vi.unstubAllGlobals();
  warn.mockRestore();
});

test.each(['worker', 'inline'] as const)('a process ends by itself when its work is done (%s)', async (host) => {
  const url = new URL('../../dist/runtime/engine.js', import.meta.url).href;
  const program = `import { engine, init } from '${url}';
    await init({ host: '${host}', threads: 2 });
    console.log((await (await engine()).call('memory')).bytes > 0);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { timeout: 20_000 });
  expect(stdout.trim()).toBe('true');
});
