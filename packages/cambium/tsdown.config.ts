import { defineConfig } from 'tsdown';

// One output file per source file: `src/runtime/x.ts` and `dist/runtime/x.js` lie at the same depth, so that
// `new URL('../../wasm/...', import.meta.url)` means the same file in both.
export default defineConfig({
  entry: ['src/index.ts', 'src/*/index.ts', 'src/runtime/{engine,engine-worker,pool-worker}.ts'],
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  unbundle: true,
  dts: true,
  fixedExtension: false,
  external: [/^node:/, /\/wasm\//],
});
