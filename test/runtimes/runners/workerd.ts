/** workerd, by miniflare. Bundled as wrangler does it: by esbuild, with each `.wasm` a module of its own. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, parse } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import type { Outcome } from '../scenario.ts';
import { inTime, type Runtime } from '../runtime.ts';

/** The first date on which workers have FinalizationRegistry, which the package needs. */
export const COMPATIBILITY_DATE = '2025-05-05';

/** A worker that answers requests. */
export interface EdgeWorker {
  /** Its address, with a slash at the end. */
  url: string;
  close(): Promise<void>;
}

/** The runtime of Cloudflare's workers. */
export const workerd: Runtime = {
  name: 'workerd',
  loading: 'static import (condition `workerd`)',
  pinned: true,
  async run(folder, stage) {
    stage('the bundle and the start of the worker');
    const worker = await startWorker(folder, 'worker.js');
    try {
      stage('the answer of the worker');
      const response = await inTime(fetch(worker.url), () => 'the worker in workerd');
      if (!response.ok) throw new Error(`the worker answered ${response.status}: ${await response.text()}`);
      return { version: version(), outcome: (await response.json()) as Outcome };
    } finally {
      stage('the end of workerd');
      await worker.close();
    }
  },
};

/** Bundles the worker `entry` of the application in `folder` and starts it. */
export async function startWorker(folder: string, entry: string): Promise<EdgeWorker> {
  const bundle = join(folder, `${parse(entry).name}-bundle`);
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
  // Without `cf` it would ask Cloudflare where it is.
  const edge = new Miniflare({ cf: false, modules: true, modulesRoot: bundle, scriptPath, modulesRules, compatibilityDate: COMPATIBILITY_DATE });
  try {
    const { href } = await inTime(edge.ready, () => 'the start of workerd');
    return { url: href, close: () => edge.dispose() };
  } catch (error) {
    await edge.dispose();
    throw error;
  }
}

/** Of the workerd that miniflare brings. */
function version(): string {
  const manifest = createRequire(createRequire(import.meta.url).resolve('miniflare')).resolve('workerd/package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
