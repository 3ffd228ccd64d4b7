import { defineConfig } from 'vite';

/** With these a page may share memory among threads; without them it trains on one. */
export const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  // The built folder works wherever it is put.
  base: './',
  build: { target: 'es2022' },
  // A worker loads the JavaScript of one module out of two.
  worker: { format: 'es' },
  server: { headers: isolation },
  preview: { headers: isolation },
});
