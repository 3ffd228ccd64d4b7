import { defineConfig } from 'tsdown';

const common = {
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  fixedExtension: false,
  deps: { neverBundle: [/^node:/, /\/wasm\/(single|threads)\.js$/] },
} as const;

// Few files, since importing each costs about a millisecond. What uses the runtime's files lies in `dist/runtime`, as deep
// as in `src/runtime`, so that `new URL('../../wasm/...', import.meta.url)` means the same file in both.
export default defineConfig([
  {
    ...common,
    entry: ['src/index.ts', 'src/*/index.ts', 'src/runtime/engine.ts'],
    // The other entries import `runtime/engine.js` itself, not a chunk beside it.
    inputOptions: { preserveEntrySignatures: 'allow-extension' },
    outputOptions: { chunkFileNames: '[name].js' },
  },
  { ...common, entry: ['src/runtime/engine-worker.ts'], outDir: 'dist/runtime', clean: false },
  { ...common, entry: ['src/runtime/pool-worker.ts'], outDir: 'dist/runtime', clean: false },
]);
