import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsdown';

const common = {
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  fixedExtension: false,
  deps: { neverBundle: [/^node:/, /\/wasm\/(single|threads)\.js$/] },
} as const;

/** The public entries. */
const entry = ['src/index.ts', 'src/*/index.ts'];

/** Builds that bring one module with them: `launch` is their way to an engine. The declarations are those of the package. */
const embedded = (launch: string) => ({
  ...common,
  dts: false,
  clean: false,
  deps: { neverBundle: [] },
  plugins: [
    {
      name: 'embedded',
      resolveId(source: string) {
        if (source === './launch.ts') return fileURLToPath(new URL(`src/runtime/${launch}.ts`, import.meta.url));
        // These builds lie in folders of `dist`, whatever part of `src` imports the module.
        return source.endsWith('.wasm') ? { id: '../../wasm/simd128.wasm', external: 'absolute' as const } : null;
      },
      async load(id: string) {
        const [file, query] = id.split('?');
        return query === 'base64' ? `export default '${await readFile(file!, 'base64')}';` : null;
      },
    },
  ],
});

// Few files, since importing each costs about a millisecond. What uses the runtime's files lies in `dist/runtime`, as deep
// as in `src/runtime`, so that `new URL('../../wasm/...', import.meta.url)` means the same file in both.
export default defineConfig([
  {
    ...common,
    entry: [...entry, 'src/runtime/engine.ts'],
    // The other entries import `runtime/engine.js` itself, not a chunk beside it.
    inputOptions: { preserveEntrySignatures: 'allow-extension' },
    outputOptions: { chunkFileNames: '[name].js' },
  },
  { ...common, entry: ['src/runtime/engine-worker.ts'], outDir: 'dist/runtime', clean: false },
  { ...common, entry: ['src/runtime/pool-worker.ts'], outDir: 'dist/runtime', clean: false },
  { ...embedded('launch-edge'), entry, outDir: 'dist/edge', outputOptions: { chunkFileNames: '[name].js' } },
  { ...embedded('launch-inline'), entry: ['src/index.ts'], outDir: 'dist/inline', outputOptions: { codeSplitting: false } },
]);
