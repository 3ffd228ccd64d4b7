import { cp } from 'node:fs/promises';
import { build } from 'esbuild';

await build({
  entryPoints: {
    main: './main.js',
    'engine-worker': 'cambium/engine-worker',
    'pool-worker': 'cambium/pool-worker',
  },
  bundle: true,
  minify: true,
  format: 'esm',
  outdir: 'dist',
});
await cp('node_modules/cambium/wasm', 'dist/wasm', { recursive: true });
