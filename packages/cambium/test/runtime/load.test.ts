import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compile, reserveMemory } from '../../src/runtime/load.ts';

let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const found = request.url === '/page';
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/html' });
    response.end('<!doctype html>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

test.each([
  ['/absent', '404'],
  ['/page', '200'],
])('a failed load of %s names address, status and content type', async (path, status) => {
  const failure = compile('simd128', base + path);
  await expect(failure).rejects.toMatchObject({ code: 'LOAD_FAILED' });
  await expect(failure).rejects.toThrow(base + path);
  await expect(failure).rejects.toThrow(status);
  await expect(failure).rejects.toThrow('text/html');
});

test('a file that is not there is named', async () => {
  await expect(compile('simd128', new URL('file:///no/such/module.wasm'))).rejects.toThrow('file:///no/such/module.wasm');
});

test('bytes that are not WebAssembly are refused', async () => {
  await expect(compile('simd128', new Uint8Array([1, 2, 3]))).rejects.toMatchObject({ code: 'LOAD_FAILED' });
});

test('memory is reserved up to the maximum', () => {
  const { memory, bytes } = reserveMemory(2 ** 26, true);
  expect(bytes).toBe(2 ** 26);
  expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(() => memory.grow(2 ** 26 / 65536)).toThrow(RangeError);
});
