/** The code in these pages is that of the examples, which `npm run test:runtimes` runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const pages = ['browsers', 'edge', 'one-file'];
const text = pages.map((page) => readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8')).join('\n');
const examples = new URL('examples/', import.meta.url);
/** A link to a file, and the block of code below it. */
const blocks = [...text.matchAll(/\]\(\.\.\/test\/runtimes\/examples\/([^)]+)\)\n\n```\w+\n(.*?)```/gs)].map((match) => [match[1]!, match[2]!] as const);

test.each(blocks)('the pages show %s as it is', (path, code) => {
  expect(code).toBe(readFileSync(new URL(path, examples), 'utf8'));
});

test('the pages show every example, and no program from elsewhere', () => {
  expect(blocks.map(([path]) => path).sort()).toEqual(readdirSync(examples).sort());
  expect(text.match(/^```(js|html)$/gm)).toHaveLength(blocks.length);
});
