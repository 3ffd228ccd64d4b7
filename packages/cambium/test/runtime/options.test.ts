import { expect, test } from 'vitest';
import { addressOf, checkInitOptions, isOneModule } from '../../src/runtime/options.ts';
import type { InitOptions } from '../../src/runtime/start-options.ts';

const used = new Response('x');
await used.text();

test.each([
  [null, 'the options must be an object, not null'],
  ['fast', "init: the options must be an object, not 'fast'"],
  [{ threads: 0 }, 'init option threads must be an integer from 1 to 256, not 0'],
  [{ threads: 1.5 }, 'not 1.5'],
  [{ threads: '2' }, "threads must be an integer from 1 to 256, not '2'"],
  [{ threads: 257 }, 'not 257'],
  [{ threads: Number.NaN }, 'not NaN'],
  [{ numerics: 'quick' }, "init option numerics must be one of 'fast', 'portable', not 'quick'"],
  [{ numerics: 1 }, 'not 1'],
  [{ host: 'cloud' }, "init option host must be one of 'worker', 'inline', not 'cloud'"],
  [{ maxMemory: 1024 }, 'init option maxMemory must be an integer from 16777216 to 4294967296, not 1024'],
  [{ maxMemory: Infinity }, 'not Infinity'],
  [{ maxMemory: 2 ** 33 }, 'not 8589934592'],
  [{ thread: 2 }, "init: unknown option 'thread'; known are wasm, threads, numerics, host, maxMemory"],
  [{ wasm: 7 }, 'wasm: Number; a URL, a Response, bytes (ArrayBuffer or Uint8Array) or a compiled module'],
  [{ wasm: null }, 'wasm: Null'],
  [{ wasm: fetch }, 'wasm: Function'],
  [{ wasm: Promise.resolve() }, 'wasm: Promise'],
  [{ wasm: new Float32Array(2) }, 'wasm: Float32Array'],
  [{ wasm: new Uint8Array() }, 'wasm: 0 bytes'],
  [{ wasm: new ArrayBuffer(0) }, 'wasm: 0 bytes'],
  [{ wasm: './relaxed.wasm' }, 'wasm: "./relaxed.wasm"; without a page a whole URL is needed'],
  [{ wasm: '/srv/relaxed.wasm' }, 'pathToFileURL'],
  [{ wasm: used }, 'wasm: a Response that was read already'],
])('refuses %o', (options, text) => {
  expect(() => checkInitOptions(options as InitOptions)).toThrow(text);
  expect(() => checkInitOptions(options as InitOptions)).toThrow(expect.objectContaining({ code: 'OPTION' }));
});

test('takes all that is documented', () => {
  expect(() => checkInitOptions({ threads: 2, numerics: 'portable', host: 'inline', maxMemory: 2 ** 30 })).not.toThrow();
  const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  const sources = [new URL('https://example.org/a.wasm'), 'https://example.org/wasm/', empty, empty.buffer, Buffer.from(empty), new Response('x'), new WebAssembly.Module(empty)];
  for (const wasm of sources) expect(() => checkInitOptions({ wasm })).not.toThrow();
});

test('relative addresses are relative to the page', () => {
  Object.assign(globalThis, { location: { href: 'https://example.org/app/index.html' } });
  try {
    expect(addressOf('wasm/').href).toBe('https://example.org/app/wasm/');
    expect(() => addressOf('http://[')).toThrow('this is not a URL');
  } finally {
    Reflect.deleteProperty(globalThis, 'location');
  }
});

test('a folder gives every module, anything else that is given gives one', () => {
  expect([undefined, new URL('https://example.org/wasm/'), 'https://example.org/wasm/?v=2'].map(isOneModule)).toEqual([false, false, false]);
  expect([new Uint8Array(1), new Response('x'), 'https://example.org/a.wasm'].map(isOneModule)).toEqual([true, true, true]);
});
