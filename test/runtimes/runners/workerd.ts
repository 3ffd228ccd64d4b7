/** workerd, by miniflare. Bundled as wrangler does it: by esbuild, with each `.wasm` a module of its own. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, parse } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import type { Outcome } from '../scenario.ts';
import { inTime, type Runtime } from '../runtime.ts';

/** The first date on which workers have FinalizationRegistry, which the package needs. */
const compatibilityDate = '2025-05-05';

/** Sends a request to the worker and gives the bytes of the answer. */
type Ask = (method: string, path: string, body?: Uint8Array) => Promise<Uint8Array>;

/** The runtime of Cloudflare's workers. */
export const workerd: Runtime = {
  name: 'workerd',
  loading: 'static import (condition `workerd`)',
  pinned: true,
  run: (folder) =>
    withWorker(folder, 'main-worker.js', async (ask) => ({ version: version(), outcome: JSON.parse(text(await ask('GET', '/'))) as Outcome })),
  example: (folder) =>
    withWorker(folder, 'worker.js', async (ask) => {
      // Two requests at once start one engine, and later ones use it.
      const [model, same] = await Promise.all([ask('POST', '/train'), ask('POST', '/train')]);
      if (Buffer.compare(model, same) !== 0) throw new Error('two requests at once trained to different models');
      const said = await ask('GET', '/accuracy');
      await ask('PUT', '/model', model);
      if (text(await ask('GET', '/accuracy')) !== text(said)) throw new Error('the model that was put back has another accuracy');
      return text(said);
    }),
};

async function withWorker<T>(folder: string, entry: string, use: (ask: Ask) => Promise<T>): Promise<T> {
  const bundle = join(folder, parse(entry).name);
  const scriptPath = join(bundle, entry);
  await build({
    entryPoints: [join(folder, entry)],
    outfile: scriptPath,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'copy' },
    logLevel: 'warning',
  });
  const modulesRules = [{ type: 'CompiledWasm' as const, include: ['**/*.wasm'] }];
  const edge = new Miniflare({ modules: true, modulesRoot: bundle, scriptPath, modulesRules, compatibilityDate });
  try {
    return await use(async (method, path, body) => {
      const response = await inTime(edge.dispatchFetch(`http://localhost${path}`, { method, body: body ?? null }), `the worker in workerd (${path})`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (!response.ok) throw new Error(`the worker answered ${response.status}: ${text(bytes)}`);
      return bytes;
    });
  } finally {
    await edge.dispose();
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Of the workerd that miniflare brings. */
function version(): string {
  const manifest = createRequire(createRequire(import.meta.url).resolve('miniflare')).resolve('workerd/package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
