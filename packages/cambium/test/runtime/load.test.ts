/** Everything that can come in place of the right module. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Ending } from '../../src/ending.ts';
import { instantiate } from '../../src/runtime/build.ts';
import type { Binding } from '../../src/runtime/binding.ts';
import { compile as compileWithin, reserveMemory } from '../../src/runtime/load.ts';
import type { InitOptions, ModuleName } from '../../src/runtime/start-options.ts';
import { BUILD } from '../../wasm/build.js';

const folder = new URL('../../wasm/', import.meta.url);
const whole = new Uint8Array(await readFile(new URL('simd128.wasm', folder)));
const html = '<!doctype html><title>Page</title>';
const fallback = /an HTML page came instead of the module.*cambium\/wasm\/simd128\.wasm.*init\(\{ wasm: URL \}\)/;

type Answer = (response: ServerResponse) => void;
const wasm = { 'content-type': 'application/wasm' };
const answers: Record<string, Answer> = {
  '/simd128.wasm': (response) => response.writeHead(200, wasm).end(whole),
  '/odd-type': (response) => response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(whole),
  '/no-type': (response) => response.writeHead(200).end(whole),
  '/page': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(`\n${html}`),
  '/page-as-wasm': (response) => response.writeHead(200, wasm).end(html),
  '/text': (response) => response.writeHead(200, wasm).end('version https://git-lfs.github.com/spec/v1'),
  '/nothing': (response) => response.writeHead(200, wasm).end(),
  '/cut': (response) => response.writeHead(200, wasm).end(whole.subarray(0, 1000)),
  '/broken-off': (response) => {
    response.writeHead(200, { ...wasm, 'content-length': whole.length }).write(whole.subarray(0, 1000));
    setTimeout(() => response.destroy(), 50);
  },
  '/silent': () => {},
  '/forbidden': (response) => response.writeHead(403, { 'content-type': 'text/plain' }).end('no'),
};

let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    if (answer) answer(response);
    else response.writeHead(404, { 'content-type': 'text/html' }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => void vi.useRealTimers());

/** In a start that nobody gives up. */
function compile(name: ModuleName, source: InitOptions['wasm']): Promise<WebAssembly.Module> {
  return compileWithin(name, source, new Ending());
}

/** The message of the failed load; fails where it is no `LOAD_FAILED`. */
async function failure(source: InitOptions['wasm']): Promise<string> {
  const error: unknown = await compile('simd128', source).then(() => undefined, (caught: unknown) => caught);
  expect(error).toMatchObject({ name: 'CambiumError', code: 'LOAD_FAILED' });
  return (error as Error).message;
}

/** The module with another text in its custom section. */
function marked(from: string, to: string): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(whole);
  const at = bytes.lastIndexOf(from);
  expect(at).toBeGreaterThan(0);
  expect(to).toHaveLength(from.length);
  bytes.write(to, at);
  return new Uint8Array(bytes);
}

describe('a module is taken', () => {
  test.each(['/simd128.wasm', '/odd-type', '/no-type', '/'])('from the address %s', async (path) => {
    expect(await compile('simd128', base + path)).toBeInstanceOf(WebAssembly.Module);
  });

  test('from the package, a file, a folder, bytes, and as a module', async () => {
    const module = await compile('simd128', undefined);
    const buffer = whole.slice().buffer;
    for (const source of [new URL('simd128.wasm', folder), folder, whole, Buffer.from(whole), buffer, module]) {
      expect(await compile('simd128', source)).toBeInstanceOf(WebAssembly.Module);
    }
  });

  test('from a Response, also again for an engine that replaces a dead one', async () => {
    const response = await fetch(`${base}/simd128.wasm`);
    const first = await compile('simd128', response);
    expect(await compile('simd128', response)).toBe(first);
    expect(await compile('simd128', new Response(whole))).toBeInstanceOf(WebAssembly.Module);
  });
});

describe('a failed load tells address, status, content type and what to do', () => {
  test.each([
    ['/absent', /status 404 Not Found, content type text\/html.*cambium\/wasm\/simd128\.wasm.*init\(\{ wasm: URL \}\)/],
    ['/forbidden', /status 403 Forbidden, content type text\/plain/],
    ['/page', new RegExp(`status 200 OK, content type text/html.*${fallback.source}`)],
    ['/page-as-wasm', new RegExp(`content type application/wasm.*${fallback.source}`)],
    ['/text', /42 bytes that are no WebAssembly module \(the first are: 76 65 72/],
    ['/nothing', /0 bytes that are no WebAssembly module \(the first are: none\)/],
    ['/cut', /1000 bytes that begin as a WebAssembly module.*cut off or damaged.*copy cambium\/wasm\/simd128\.wasm anew/],
    ['/broken-off', /status 200 OK.*the answer broke off/],
  ])('%s', async (path, expected) => {
    const message = await failure(base + path);
    expect(message).toContain(base + path);
    expect(message).toMatch(expected);
  });

  test('a Response of a failed request', async () => {
    expect(await failure(await fetch(`${base}/absent`))).toMatch(/\/absent \(status 404 Not Found, content type text\/html/);
    expect(await failure(new Response(html, { headers: { 'content-type': 'text/html' } }))).toMatch(fallback);
  });

  test('a server that is not there', async () => {
    expect(await failure('http://127.0.0.1:1/x.wasm')).toMatch(/^http:\/\/127\.0\.0\.1:1\/x\.wasm could not be fetched.*cannot be reached.*connect-src.*CORS/);
  });

  test('a server that never answers', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const message = failure(`${base}/silent`);
    await vi.advanceTimersByTimeAsync(45_000);
    expect(await message).toBe(`${base}/silent was not there after 45 s: the server does not answer, or sends too slowly`);
  });

  test('a Response whose body never ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const message = failure(new Response(new ReadableStream()));
    await vi.advanceTimersByTimeAsync(45_000);
    expect(await message).toBe('init option wasm: the body of the Response was not there after 45 s: the server does not answer, or sends too slowly');
  });

  test('a file that is not there', async () => {
    expect(await failure(new URL('file:///no/such/module.wasm'))).toMatch(/^file:\/\/\/no\/such\/module\.wasm could not be read: ENOENT.*cambium\/wasm\/simd128\.wasm of the package must lie there\. In a bundled program leave cambium external, import from cambium\/inline/);
  });

  test('bytes that are no module', async () => {
    expect(await failure(new Uint8Array([1, 2, 3]))).toMatch(/^init option wasm: 3 bytes that are no WebAssembly module \(the first are: 01 02 03\)/);
    expect(await failure(whole.slice(0, 5000).buffer)).toMatch(/^init option wasm: 5000 bytes that begin as/);
  });

  test('a policy without wasm-unsafe-eval, in the words of two browsers', async () => {
    const compiler = vi.spyOn(WebAssembly, 'compile');
    for (const words of [
      "WebAssembly.compile(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because neither 'wasm-eval' nor 'unsafe-eval' is an allowed source",
      'call to WebAssembly.compile() blocked by CSP',
    ]) {
      compiler.mockRejectedValueOnce(new WebAssembly.CompileError(words));
      expect(await failure(whole)).toContain(`${words}. The Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src`);
    }
    compiler.mockRestore();
  });
});

describe('parts that do not belong together are told apart', () => {
  test('a module of another build', async () => {
    const other = BUILD.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const message = await failure(marked(BUILD, other));
    expect(message).toContain(`the module is of build ${other}, the JavaScript of build ${BUILD}`);
    expect(message).toMatch(/clear the caches.*or copy the files/);
  });

  test('one of the other modules of this build', async () => {
    const source = new Uint8Array(await readFile(new URL('relaxed-threads.wasm', folder)));
    expect(await failure(source)).toMatch(/this is the module relaxed-threads, but simd128 was chosen.*numerics: 'fast' and threads: 2 or more/);
    await expect(compile('relaxed-threads', whole)).rejects.toThrow(/this is the module simd128, but relaxed-threads was chosen.*numerics: 'portable' and threads: 1/);
  });

  test('a module of something else, or stripped', async () => {
    expect(await failure(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))).toMatch(/without cambium's custom section.*serve cambium\/wasm\/simd128\.wasm as it is/);
  });

  test('a module and its JavaScript part', async () => {
    const module = await compile('simd128', undefined);
    const { memory } = reserveMemory(2 ** 24, false);
    const started = vi.fn();
    const binding = { build: '0.0.0-old', initSync: started } as unknown as Binding;
    expect(() => instantiate(binding, module, memory)).toThrow(`the module is of build ${BUILD}, its JavaScript part of build 0.0.0-old`);
    expect(started).not.toHaveBeenCalled();
    const refused = (): never => {
      throw new Error('blocked by CSP');
    };
    const forbidden = { build: BUILD, initSync: refused } as unknown as Binding;
    expect(() => instantiate(forbidden, module, memory)).toThrow(/the module does not start: blocked by CSP.*'wasm-unsafe-eval'/);
  });
});
