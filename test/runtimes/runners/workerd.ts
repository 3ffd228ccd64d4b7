/** workerd, by miniflare. Bundled as wrangler does it: by esbuild, with each `.wasm` a module of its own. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import type { Outcome } from '../scenario.ts';
import { inTime, type Runtime } from '../runtime.ts';

/** The first date on which workers have FinalizationRegistry, which the package needs. */
const compatibilityDate = '2025-05-05';

/** The runtime of Cloudflare's workers. */
export const workerd: Runtime = {
  name: 'workerd',
  loading: 'static import (condition `workerd`)',
  pinned: true,
  async run(folder) {
    const [bundle, scriptPath] = [join(folder, 'edge'), join(folder, 'edge/worker.js')];
    await build({
      entryPoints: [join(folder, 'worker.js')],
      outfile: scriptPath,
      bundle: true,
      format: 'esm',
      target: 'es2022',
      conditions: ['workerd', 'worker', 'browser'],
      loader: { '.wasm': 'copy' },
      logLevel: 'warning',
    });
    const modulesRules = [{ type: 'CompiledWasm', include: ['**/*.wasm'] }] as const;
    const edge = new Miniflare({ modules: true, modulesRoot: bundle, scriptPath, modulesRules: [...modulesRules], compatibilityDate });
    try {
      const response = await inTime(edge.dispatchFetch('http://localhost/'), 'the worker in workerd');
      const text = await response.text();
      if (!response.ok) throw new Error(`the worker answered ${response.status}: ${text}`);
      return { version: version(), outcome: JSON.parse(text) as Outcome };
    } finally {
      await edge.dispose();
    }
  },
};

/** Of the workerd that miniflare brings. */
function version(): string {
  const manifest = createRequire(createRequire(import.meta.url).resolve('miniflare')).resolve('workerd/package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
