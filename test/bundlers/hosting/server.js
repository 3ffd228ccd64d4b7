import express from 'express';

const app = express();
app.use((request, response, next) => {
  response.set({
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Content-Security-Policy': "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'",
  });
  next();
});
// Names with a hash, as bundlers make them, never change what they hold.
app.use('/assets', express.static('dist/assets', { immutable: true, maxAge: '1y' }));
app.use(express.static('dist', { cacheControl: false, setHeaders: (response) => response.set('Cache-Control', 'no-cache') }));

const server = app.listen(process.env.PORT ?? 8080, process.env.HOST, () => {
  console.log(`http://${process.env.HOST ?? 'localhost'}:${server.address().port}/`);
});
