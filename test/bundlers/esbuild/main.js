import { init } from 'cambium';
import { train } from './train.js';

const wasm = new URL('./wasm/', import.meta.url);
globalThis.trained = init({ wasm, threads: 2 }).then(train);
