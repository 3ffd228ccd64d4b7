/** The scenario gives the same models in every module, at any number of threads, and natively. */
import { shutdown, type ModuleName, type Numerics } from 'cambium';
import { afterAll, describe, expect, it } from 'vitest';
import { nativeHash } from './runtimes/native.ts';
import { names, sha256, train } from './runtimes/scenario.ts';
import { start } from './support/engine.ts';

afterAll(shutdown);

/** Trains in one module and gives the hash of the final models. */
async function trained(module: ModuleName, numerics: Numerics, threads: number): Promise<string> {
  await start({ module, numerics, threads });
  const files: Uint8Array[] = [];
  for (const network of names) {
    const [file] = await train(network, (name, ok) => expect(ok, `${network}: ${name}`).toBe(true));
    files.push(file);
  }
  return sha256(files);
}

describe('training gives the same models', () => {
  it('natively and in WebAssembly with portable numerics, at any number of threads', { timeout: 1_000_000 }, async () => {
    const single = await trained('simd128', 'portable', 1);
    for (const threads of [2, 3, 4]) expect(await trained('simd128-threads', 'portable', threads), `${threads} threads`).toBe(single);
    for (const threads of [1, 2, 4]) expect(await nativeHash(threads), `natively, ${threads} threads`).toBe(single);
  });

  it('with fast numerics at any number of threads', async () => {
    const single = await trained('relaxed', 'fast', 1);
    for (const threads of [2, 3, 4]) expect(await trained('relaxed-threads', 'fast', threads), `${threads} threads`).toBe(single);
  });
});
