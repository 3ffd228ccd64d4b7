/**
 * What a page is told when files do not come as they should: nothing hangs, and each error says what to do. All in Chromium;
 * in Firefox too where the message depends on what the browser says.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EngineInfo, InitOptions } from 'cambium';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { apps, type Apps } from './apps.ts';
import { inFirefox } from '../runtimes/runners/firefox.ts';
import { startChromium, visit, type Browser } from '../support/chromium.ts';
import { ISOLATION, serve, SILENCE, type Answer, type Site } from '../support/serve.ts';

/** What `loading/main.js` gives. */
type Outcome = { info: EngineInfo } | { name: string; code: string; message: string };

const SCRIPTS = "script-src 'self' 'unsafe-inline'";
const NO_WORKERS = { 'content-security-policy': `${SCRIPTS} 'wasm-unsafe-eval'; worker-src 'none'` };
const HTML: Answer = { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<!doctype html><title>App</title>' };
const ABSENT: Answer = { status: 404, headers: { 'content-type': 'text/plain' }, body: 'no' };
/** In a page: the promise `compiled`, which resolves when the module is. */
const COMPILED = `globalThis.compiled = new Promise((resolve) => {
  const { compile } = WebAssembly;
  WebAssembly.compile = (bytes) => {
    const module = compile(bytes);
    resolve(module.then(() => true));
    return module;
  };
});`;

let browser: Browser;
let made: Apps;
let folder: string;
let sites: Site[] = [];

beforeAll(async () => {
  [browser, made] = await Promise.all([startChromium(), apps()]);
  folder = await made.make('loading');
});
afterAll(async () => {
  await Promise.all(sites.map((site) => site.close()));
  await browser?.close();
  await made?.remove();
});

/** What comes of `init(options)` in an isolated page, where the files that end with the names in `answers` are answered so. */
async function outcome(answers: Record<string, Answer>, headers: Record<string, string> = {}, options: InitOptions = { threads: 1 }): Promise<Outcome> {
  return at(await serveWith(answers, headers), options);
}

async function serveWith(answers: Record<string, Answer>, headers: Record<string, string>): Promise<string> {
  const site = await serve(folder, { ...ISOLATION, ...headers }, (path) => answers[Object.keys(answers).find((end) => path.endsWith(end)) ?? '']);
  sites.push(site);
  return site.url;
}

async function at(url: string, options: InitOptions): Promise<Outcome> {
  return (await visit<Outcome>(browser, withOptions(url, options), 'outcome')).value;
}

function withOptions(url: string, options: InitOptions): string {
  return `${url}#${encodeURIComponent(JSON.stringify(options))}`;
}

/** The text of the file in the package with another build in place of its own. */
async function ofOtherBuild(path: string): Promise<Answer> {
  const text = await readFile(join(folder, 'node_modules/cambium', path), 'latin1');
  const other = text.replaceAll(/\d+\.\d+\.\d+-[0-9a-f]{8}/g, '0.0.1-0ddba11c');
  expect(other).not.toBe(text);
  return { body: Buffer.from(other, 'latin1') };
}

function failure(message: RegExp): object {
  return { name: 'CambiumError', code: 'LOAD_FAILED', message: expect.stringMatching(message) as string };
}

const faults: [what: string, answers: Record<string, Answer>, headers: Record<string, string>, message: RegExp][] = [
  ["a single-page app's page in place of the module", { 'relaxed.wasm': HTML }, {}, /relaxed\.wasm \(status 200 OK, content type text\/html; charset=utf-8\): an HTML page came instead of the module/],
  ["a policy without 'wasm-unsafe-eval'", {}, { 'content-security-policy': SCRIPTS }, /Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src/],
  ['a policy that forbids workers', {}, NO_WORKERS, /engine-worker\.js: the Content-Security-Policy forbids workers: add 'self' to its worker-src/],
];

test.each(faults)('%s, in Chromium', async (_, answers, headers, message) => {
  expect(await outcome(answers, headers)).toEqual(failure(message));
});

test('the same in Firefox', async () => {
  await inFirefox(folder, true, async (page) => {
    for (const [what, answers, headers, message] of faults) {
      await page.goto(withOptions(await serveWith(answers, headers), { threads: 1 }));
      expect(await page.evaluate('outcome'), what).toEqual(failure(message));
    }
  });
});

describe('a module', () => {
  test.each(['text/plain', 'application/octet-stream', 'text/html'])('of content type %s does no harm', async (type) => {
    expect(await outcome({ 'relaxed.wasm': { headers: { 'content-type': type } } })).toMatchObject({ info: { module: 'relaxed' } });
  });

  test('that is not there', async () => {
    expect(await outcome({ 'relaxed.wasm': ABSENT })).toEqual(failure(/^http:\/\/127\.0\.0\.1:\d+\/node_modules\/cambium\/wasm\/relaxed\.wasm \(status 404 Not Found, content type text\/plain\)\. The file cambium\/wasm\/relaxed\.wasm .* must be served there; or say where it lies/));
  });

  test('that is cut off', async () => {
    const whole = await readFile(join(folder, 'node_modules/cambium/wasm/relaxed.wasm'));
    const headers = { 'content-type': 'application/wasm' };
    expect(await outcome({ 'relaxed.wasm': { headers, body: whole.subarray(0, 100_000) } })).toEqual(failure(/100000 bytes that begin as a WebAssembly module but do not compile: .* cut off or damaged/));
  });

  test('of another build than the JavaScript', async () => {
    expect(await outcome({ 'relaxed.wasm': await ofOtherBuild('wasm/relaxed.wasm') })).toEqual(failure(/relaxed\.wasm .*: the module is of build 0\.0\.1-0ddba11c, the JavaScript of build \d+\.\d+\.\d+-[0-9a-f]{8}\. Both must come from one release: clear the caches/));
  });

  test('and a file of JavaScript of another build', async () => {
    for (const path of ['wasm/single.js', 'dist/runtime/engine-worker.js']) {
      expect(await outcome({ [path]: await ofOtherBuild(path) })).toEqual(failure(/the module is of build .*0\.0\.1-0ddba11c.*Both must come from one release/));
    }
  });
});

describe('a policy', () => {
  test('that forbids workers does no harm without one', async () => {
    expect(await outcome({}, NO_WORKERS, { threads: 1, host: 'inline' })).toMatchObject({ info: { host: 'inline' } });
  });

  test('that forbids to fetch', async () => {
    const policy = { 'content-security-policy': `${SCRIPTS} 'wasm-unsafe-eval'; connect-src 'none'` };
    expect(await outcome({}, policy)).toEqual(failure(/relaxed\.wasm could not be fetched: .*connect-src in its Content-Security-Policy/));
  });

  test("of a worker's own file without 'wasm-unsafe-eval' does no harm: the page compiles", async () => {
    const answer = { headers: { 'content-type': 'text/javascript', 'content-security-policy': "script-src 'self'" } };
    expect(await outcome({ 'engine-worker.js': answer, 'pool-worker.js': answer }, {}, { threads: 2 })).toMatchObject({ info: { threads: 2 } });
  });

  test('with all that is needed', async () => {
    const policy = { 'content-security-policy': `default-src 'none'; ${SCRIPTS} 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'` };
    expect(await outcome({}, policy, { threads: 2 })).toMatchObject({ info: { threads: 2, host: 'worker' } });
  });
});

describe('the worker of the engine', () => {
  test.each([
    ['not there', ABSENT, 'status 404, content type text/plain'],
    ['a page', HTML, 'status 200, content type text/html; charset=utf-8'],
  ])('%s', async (_, answer, words) => {
    expect(await outcome({ 'engine-worker.js': answer })).toEqual(failure(new RegExp(`dist/runtime/engine-worker\\.js: ${words}\\. The file cambium/dist/runtime/engine-worker\\.js .* must be served there, as text/javascript`)));
  });

  test('that imports what is not there', async () => {
    expect(await outcome({ 'engine-worker.js': { body: 'import "./absent.js";' } })).toEqual(failure(/engine-worker\.js: status 200, content type text\/javascript, but it does not start; the console/));
  });

  test('whose JavaScript part is not there', async () => {
    for (const answer of [ABSENT, HTML]) {
      expect(await outcome({ 'wasm/single.js': answer })).toEqual(failure(/http:\S*\/wasm\/single\.js\. The file cambium\/wasm\/single\.js .* must be served there, as text\/javascript/));
    }
  });

});

describe('nothing is waited for without an end:', () => {
  test.each([
    ['wasm/relaxed.wasm', SILENCE, 'worker', /wasm\/relaxed\.wasm was not there after 45 s/],
    ['wasm/relaxed.wasm', SILENCE, 'inline', /wasm\/relaxed\.wasm was not there after 45 s/],
    ['wasm/single.js', SILENCE, 'worker', /cambium\/wasm\/single\.js was not there|it was waiting for: loading the JavaScript part of the module/],
    ['wasm/single.js', SILENCE, 'inline', /cambium\/wasm\/single\.js was not there after 45 s/],
    ['engine-worker.js', SILENCE, 'worker', /the engine did not start within 60 s; it was waiting for: the worker to load its file$/],
    ['engine-worker.js', { body: 'export {};' }, 'worker', /the engine did not start within 60 s; it was waiting for: the worker to load its file$/],
  ] as const)('%s (%o), host: %s', async (path, answer, host, message) => {
    const site = await serve(folder, ISOLATION, (asked) => (asked.endsWith(path) ? answer : undefined));
    sites.push(site);
    const page = await browser.newPage();
    await page.clock.install();
    await page.addInitScript(COMPILED);
    const asked = page.waitForRequest((request) => request.url().endsWith(path), { timeout: 20_000 });
    await page.goto(withOptions(site.url, { threads: 1, host }));
    await asked;
    // The clock must not run ahead of what does come.
    if (!path.endsWith('.wasm')) await page.evaluate('compiled');
    // In steps, so that what is due first comes first.
    for (let step = 0; step < 7; step++) await page.clock.fastForward(10_000);
    expect(await page.evaluate('globalThis.outcome')).toEqual(failure(message));
    await page.close();
  });
});

test.each([
  ['wasm/relaxed.wasm', 'worker'],
  ['wasm/single.js', 'worker'],
  ['wasm/single.js', 'inline'],
  ['engine-worker.js', 'worker'],
] as const)('a start that waits for %s is given up by shutdown(), host: %s', async (path, host) => {
  const site = await serve(folder, ISOLATION, (asked) => (asked.endsWith(path) ? SILENCE : undefined));
  sites.push(site);
  const page = await browser.newPage();
  const asked = page.waitForRequest((request) => request.url().endsWith(path), { timeout: 20_000 });
  await page.goto(withOptions(site.url, { threads: 1, host }));
  await asked;
  await page.evaluate(`import('cambium').then(({ shutdown }) => shutdown())`);
  expect(await page.evaluate('globalThis.outcome')).toEqual({ name: 'CambiumError', code: 'ENGINE_DIED', message: 'the engine was ended by shutdown() while it started' });
  await vi.waitFor(() => expect(page.workers()).toEqual([]));
  await page.close();
}, 20_000);

describe('a worker of the pool', () => {
  test.each([
    ['not there', ABSENT, /status 404/],
    ['a page', HTML, /content type text\/html/],
  ])('%s: one thread takes over', async (_, answer, words) => {
    const found = await outcome({ 'pool-worker.js': answer }, {}, { threads: 2 });
    const reason = expect.stringMatching(new RegExp(`^threads: 1 instead of 2, because pool worker 1 of 1 failed: .*pool-worker\\.js: .*${words.source}`)) as string;
    expect(found).toMatchObject({ info: { threads: 1, module: 'relaxed', reasons: [reason] } });
  });

  test('of another build: one thread takes over', async () => {
    const path = 'dist/runtime/pool-worker.js';
    const found = await outcome({ [path]: await ofOtherBuild(path) }, {}, { threads: 2 });
    expect(found).toMatchObject({ info: { threads: 1, reasons: [expect.stringMatching(/the worker's file of build 0\.0\.1-0ddba11c/)] } });
  });
});

describe('a page', () => {
  test('of another origin than the package', async () => {
    const headers = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };
    const library = await serve(folder, headers);
    sites.push(library);
    const page = (await readFile(join(folder, 'index.html'), 'utf8')).replace('./node_modules', `${library.url}node_modules`);
    const found = await outcome({ '/index.html': { body: page } });
    expect(found).toEqual(failure(new RegExp(`^${library.url}\\S*engine-worker\\.js cannot be started as a worker: .*Workers must come from the page's own origin, http://127\\.0\\.0\\.1:\\d+: .*init\\(\\{ host: 'inline', threads: 1 \\}\\)`)));
    const inline = await outcome({ '/index.html': { body: page } }, {}, { host: 'inline', threads: 1 });
    expect(inline).toMatchObject({ info: { host: 'inline', threads: 1 } });
  });

  test('opened as a file', async () => {
    const url = await bundledPage('esm', 'module');
    expect(await at(url, { threads: 1 })).toEqual(failure(/^file:\/\/\/.*engine-worker\.js.*A page opened as a file may not load others: serve it over HTTP, or import from cambium\/inline/));
    expect(await at(url, { threads: 1, host: 'inline' })).toEqual(failure(/^file:\/\/\/.*relaxed\.wasm could not be fetched.*A page opened as a file may not fetch others: serve it over HTTP/));
  });

  test('with a classic script, which has no address', async () => {
    const url = await bundledPage('iife', 'text/javascript');
    for (const host of ['worker', 'inline'] as const) expect(await at(url, { threads: 1, host })).toEqual(failure(/import\.meta\.url is empty.*bundle as an ES module, import from cambium\/inline/));
  });

  test('of either kind works with cambium/inline', async () => {
    for (const url of [await bundledPage('esm', 'module', 'cambium/inline'), await bundledPage('iife', 'text/javascript', 'cambium/inline')]) {
      expect(await at(url, {})).toMatchObject({ info: { module: 'simd128', host: 'inline', threads: 1 } });
    }
  });
});

/** The address of a page, as a file, with the app in a script of its own; `entry` of the package takes the place of the main one. */
async function bundledPage(format: 'esm' | 'iife', type: string, entry = 'cambium'): Promise<string> {
  const options = { bundle: true, format, write: false, logLevel: 'error', alias: entry === 'cambium' ? {} : { cambium: entry } } as const;
  const { outputFiles } = await build({ entryPoints: [join(folder, 'main.js')], ...options });
  const page = join(folder, `${format}-${entry.replace('/', '-')}.html`);
  await writeFile(page, `<!doctype html><meta charset="utf-8"><title>App</title><script type="${type}">${outputFiles[0]!.text.replaceAll('</script', '<\\/script')}</script>`);
  return pathToFileURL(page).href;
}
