/** At the edge one engine and its models serve many requests. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { install, pack, temporaryFolder } from '../support/pack.ts';
import { startWorker, type EdgeWorker } from './runners/workerd.ts';
import { inTime } from './runtime.ts';

const source = `
import { adam, DynamicDense, DynamicModel } from 'cambium';
import { digits } from 'cambium/data';

let kept;

export default {
  async fetch(request) {
    if (request.method === 'GET') return new Response(await kept.save());
    const model = await DynamicModel.create({ input: [64], layers: [new DynamicDense({ units: 24 }), new DynamicDense({ units: 10 })], seed: 1 });
    await model.fit(await digits(), { epochs: 3, optimizer: adam() });
    kept = model;
    return new Response(await model.save());
  },
};
`;

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let worker: EdgeWorker;

beforeAll(async () => {
  temporary = await temporaryFolder();
  const { path } = temporary;
  await install((await pack(path)).tarball, path);
  await writeFile(join(path, 'worker.js'), source);
  worker = await startWorker(path, 'worker.js');
}, 120_000);
afterAll(async () => {
  await worker?.close();
  await temporary?.remove();
});

async function ask(method: string): Promise<Buffer> {
  const response = await inTime(fetch(worker.url, { method }), () => `the worker (${method})`);
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new Error(`the worker answered ${response.status}: ${bytes.toString()}`);
  return bytes;
}

test('requests at once train in one engine to the same model, and a later one uses it', { timeout: 130_000 }, async () => {
  const [one, two] = await Promise.all([ask('POST'), ask('POST')]);
  expect(one.equals(two)).toBe(true);
  expect(one.equals(await ask('GET'))).toBe(true);
});
