import { defineConfig } from 'vite';

/** With these a page may share memory among threads; without them it trains on one. */
export const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  // The built folder works wherever it is put.
  base: './',
  build: { target: 'es2022' },
  worker: { format: 'es' },
  // Bundled ahead, the package would no longer find its workers and modules beside it.
  optimizeDeps: { exclude: ['cambium'] },
  server: { headers: isolation },
  preview: { headers: isolation },
});
