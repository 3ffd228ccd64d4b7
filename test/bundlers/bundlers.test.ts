/** The packed tarball in a small app, built by each bundler as docs/bundlers.md says, in a real Chromium. */
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { EngineInfo } from 'cambium';
import * as vite from 'vite';
import * as vite7 from 'vite-7';
import type { Configuration, Stats } from 'webpack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apps, type Apps } from './apps.ts';
import { startChromium, visit, type Browser } from '../support/chromium.ts';
import { ISOLATION, serve, type Site } from '../support/serve.ts';

// Webpack is CommonJS, and its types know no default export.
const webpack = createRequire(import.meta.url)('webpack') as typeof import('webpack');
/** A bundler needs some seconds, more on a busy machine. */
const BUILD_LIMIT_MS = 120_000;

/** What `app/train.js` gives. */
interface Trained {
  info: EngineInfo;
  added: number;
  events: number;
  hash: string;
}

let browser: Browser;
let made: Apps;
/** The hash of the model that each page trained. */
const hashes = new Map<string, string>();

beforeAll(async () => {
  [browser, made] = await Promise.all([startChromium(), apps()]);
});
afterAll(async () => {
  await browser?.close();
  await made?.remove();
});

describe.each([
  ['vite', vite],
  ['vite-7', vite7],
] as const)('%s', (name, { build, createServer }) => {
  let folder: string;
  beforeAll(async () => {
    folder = await made.make(name);
  });

  test.each([true, false])('development server, isolated: %s', async (isolated) => {
    const { server: _, ...config } = await configuration<{ server: object }>(folder, 'vite.config.js');
    const file = isolated ? {} : ({ ...config, configFile: false } as const);
    const server = await createServer({ root: folder, ...file, logLevel: 'warn', server: { host: '127.0.0.1', port: 0 } });
    try {
      await server.listen();
      await trains(`${name}, development`, server.resolvedUrls!.local[0]!, isolated);
    } finally {
      await server.close();
    }
  }, BUILD_LIMIT_MS);

  test('build', async () => {
    await build({ root: folder, logLevel: 'warn' });
    await trainsFrom(`${name}, built`, join(folder, 'dist'));
  }, BUILD_LIMIT_MS);
});

test('webpack', async () => {
  const folder = await made.make('webpack');
  const config = await configuration<Configuration>(folder, 'webpack.config.js');
  const { errors, warnings } = await bundle({ context: folder, ...config, output: { path: join(folder, 'dist') } });
  expect([errors, warnings]).toEqual([[], []]);
  await cp(join(folder, 'index.html'), join(folder, 'dist/index.html'));
  await trainsFrom('webpack', join(folder, 'dist'));
}, BUILD_LIMIT_MS);

test('esbuild', async () => {
  const folder = await made.make('esbuild');
  await promisify(execFile)(process.execPath, ['build.js'], { cwd: folder, timeout: BUILD_LIMIT_MS });
  await cp(join(folder, 'index.html'), join(folder, 'dist/index.html'));
  await trainsFrom('esbuild', join(folder, 'dist'));
}, BUILD_LIMIT_MS);

test('no bundler: a module script and an import map', async () => {
  await trainsFrom('plain', await made.make('plain'));
}, BUILD_LIMIT_MS);

test('all of them trained the same network', () => {
  expect([...hashes.keys()]).toHaveLength(14);
  expect(new Set(hashes.values()).size).toBe(1);
});

async function configuration<T>(folder: string, file: string): Promise<T> {
  return ((await import(pathToFileURL(join(folder, file)).href)) as { default: T }).default;
}

/** Serves the folder with and without isolation and visits both. */
async function trainsFrom(name: string, folder: string): Promise<void> {
  for (const isolated of [true, false]) {
    const site: Site = await serve(folder, isolated ? ISOLATION : {});
    try {
      await trains(name, site.url, isolated);
    } finally {
      await site.close();
    }
  }
}

async function trains(name: string, url: string, isolated: boolean): Promise<void> {
  const { value, errors, warnings } = await visit<Trained>(browser, url, 'trained');
  expect(errors).toEqual([]);
  expect(value.info).toMatchObject({ host: 'worker', threads: isolated ? 2 : 1 });
  const reason = 'threads: 1 instead of 2, because memory cannot be shared here (a page needs the COOP and COEP headers)';
  expect(value.info.reasons).toEqual(isolated ? [] : [reason]);
  expect(warnings).toEqual(isolated ? [] : [`cambium: 2 threads were asked for, 1 started. ${reason}`]);
  expect(value.events).toBe(12);
  expect(value.added).toBeGreaterThan(0);
  hashes.set(`${name}, isolated: ${isolated}`, value.hash);
}

function bundle(config: Configuration): Promise<{ errors: string[]; warnings: string[] }> {
  return new Promise((resolve, reject) => {
    const compiler = webpack(config)!;
    compiler.run((error: Error | null, stats?: Stats) => {
      compiler.close(() => {});
      if (error) return reject(error);
      const { errors, warnings } = stats!.toJson({ all: false, errors: true, warnings: true });
      resolve({ errors: errors!.map((each) => each.message), warnings: warnings!.map((each) => each.message) });
    });
  });
}
