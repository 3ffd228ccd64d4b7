// Only for threads: the headers that isolate the page, of the development server and the preview.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default {
  // The package's files find one another by their places, which Vite 7 changes in what it optimizes.
  optimizeDeps: { exclude: ['cambium'] },
  // A worker loads the JavaScript of one module out of two.
  worker: { format: 'es' },
  server: { headers },
  preview: { headers },
};
