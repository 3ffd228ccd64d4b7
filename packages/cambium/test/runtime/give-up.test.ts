/** A start that hangs on a server which never answers is given up as soon as something else is asked for. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { DynamicDense, DynamicModel, engineInfo, init, shutdown, type InitOptions } from 'cambium';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { errorWithin, watchWorkers } from '../../../../test/support/workers.ts';

/** Giving up takes some milliseconds; waiting for the server would take 45 s. */
const LIMIT_MS = 2_000;
const starts: InitOptions[] = [
  { host: 'worker', threads: 1 },
  { host: 'worker', threads: 3 },
  { host: 'inline', threads: 1 },
  { host: 'inline', threads: 3 },
];

const workers = watchWorkers();
let server: Server;
let base: string;

beforeAll(async () => {
  // `/begun` sends the first bytes of a module, and then nothing.
  server = createServer((request, response) => void (request.url === '/begun' && response.write('\0asm')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(shutdown);
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe.each(['/silent', '/begun'])('a start that waits for %s', (path) => {
  test.each(starts)('is given up by shutdown(): %o', async (options) => {
    const { outcome, asked } = await hangs(path, options);
    await within(shutdown(), 'shutdown()');
    expect(await outcome).toMatchObject({ code: 'ENGINE_DIED', message: 'the engine was ended by shutdown() while it started' });
    await nothingIsLeft(asked);
    expect(engineInfo()).toBeUndefined();
  });

  test.each(starts)('is given up by init() with other options: %o', async (options) => {
    const { outcome, asked } = await hangs(path, options);
    const later = init({ host: 'inline', threads: 1 });
    expect(await outcome).toMatchObject({ code: 'ENGINE_DIED', message: 'the engine was ended by init() while it started' });
    expect(await later).toMatchObject({ host: 'inline', threads: 1 });
    await nothingIsLeft(asked);
    expect(engineInfo()).toBe(await later);
  });
});

test('everybody who waits for the start is told', async () => {
  const { outcome } = await hangs('/silent', { threads: 2 });
  const used = errorWithin(LIMIT_MS, DynamicModel.create({ input: [2], layers: [new DynamicDense({ units: 2 })] }), 'a use');
  const kept = errorWithin(LIMIT_MS, init(), 'init() without options');
  await within(shutdown(), 'shutdown()');
  for (const error of [outcome, used, kept]) expect(await error).toMatchObject({ code: 'ENGINE_DIED' });
});

test.each([
  ['a server', `'BASE/silent'`],
  ['a Response', `new Response(new ReadableStream())`],
])('a process that has given up a start from %s ends by itself', async (_, wasm) => {
  const program = `import { init, shutdown } from '${new URL('../../dist/index.js', import.meta.url).href}';
    const started = init({ wasm: ${wasm.replace('BASE', base)}, threads: 2 });
    setTimeout(shutdown, 300);
    await started.catch((error) => console.log(error.code));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { timeout: 20_000 });
  expect(stdout.trim()).toBe('ENGINE_DIED');
});

/** Starts an engine whose module does not come. Gives the end of that, when the server has been asked. */
async function hangs(path: string, options: InitOptions): Promise<{ outcome: Promise<unknown>; asked: ServerResponse }> {
  const request = once(server, 'request');
  const outcome = errorWithin(10_000, init({ ...options, wasm: base + path }), 'init()');
  const [, asked] = (await request) as [unknown, ServerResponse];
  expect(workers.alive().length).toBe(options.threads! - (options.host === 'inline' ? 1 : 0));
  return { outcome, asked };
}

async function nothingIsLeft(asked: ServerResponse): Promise<void> {
  await vi.waitFor(() => expect(workers.alive()).toEqual([]), { timeout: LIMIT_MS });
  await vi.waitFor(() => expect(asked.destroyed, 'the request is ended').toBe(true), { timeout: LIMIT_MS });
}

/** Rejects where `work` takes longer than {@link LIMIT_MS}. */
async function within(work: Promise<unknown>, what: string): Promise<void> {
  const late = new Promise<never>((_, reject) => setTimeout(reject, LIMIT_MS, new Error(`${what} did not return within ${LIMIT_MS} ms`)).unref());
  await Promise.race([work, late]);
}
