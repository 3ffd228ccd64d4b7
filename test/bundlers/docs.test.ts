/** The code in docs/bundlers.md is that of the files which the tests run. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/bundlers.md', root), 'utf8');
/** A link to a file, and the block of code below it. */
const blocks = [...text.matchAll(/\]\(\.\.\/(test\/bundlers\/[^)]+)\)\n\n```\w+\n(.*?)```/gs)].map((match) => [match[1]!, match[2]!] as const);

test.each(blocks)('shows %s as it is', (path, code) => {
  expect(code).toBe(readFileSync(new URL(path, root), 'utf8'));
});

test('shows every configuration, and no code from elsewhere', () => {
  const shown = blocks.map(([path]) => path.replace('test/bundlers/', ''));
  const configurations = ['esbuild', 'plain', 'vite', 'vite-7', 'webpack'].flatMap((folder) => readdirSync(new URL(folder, import.meta.url)).map((file) => `${folder}/${file}`));
  const pages = ['esbuild/index.html', 'vite/index.html', 'vite-7/index.html', 'webpack/index.html'];
  expect(shown.sort()).toEqual(['app/main.js', 'app/train.js', ...configurations.filter((path) => !pages.includes(path))].sort());
  expect(text.match(/^```\w+$/gm)).toHaveLength(blocks.length);
});
