/** A study in parts: files of earlier commands are taken over, or refused. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Written } from '../src/study/report/study.ts';
import { earlier } from '../src/study/run/earlier.ts';
import { modulesHash } from '../src/study/run/modules.ts';
import { study } from './study-command.ts';

let folder: string;
let first: string;
const plan = { quick: true, methods: ['pruneExpand'], sources: {} };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cambium-study-with-'));
  first = join(folder, 'first.json');
  const { code, stderr } = await study(['--quick', '--seeds', '1', '--methods', 'pruneExpand', '--json', first]);
  expect(code, stderr).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(file: string): Written {
  return JSON.parse(readFileSync(file, 'utf8')) as Written;
}

/** The first file with something else in its place. */
function changed(name: string, change: (written: Written) => object): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify({ ...read(first), ...change(read(first)) }));
  return file;
}

describe('--with', () => {
  it('trains what an earlier file does not hold, and reports on both', async () => {
    const second = join(folder, 'second.json');
    const args = ['--quick', '--seeds', '2', '--methods', 'budget,pruneExpand', '--with', first, '--json', second, '--out', folder];
    const { code, stderr } = await study(args);
    expect(code, stderr).toBe(0);
    const { parts, rows } = read(second);
    // To the clock's last digit: these were not trained again.
    expect(parts[0]).toEqual(read(first).parts[0]);
    const mine = parts[1]!.runs;
    const ofSeed = (seed: number) => [...new Set(mine.filter((run) => run.seed === seed).map(({ method }) => method))];
    expect([ofSeed(1), ofSeed(2)]).toEqual([['budget'], ['fixed', 'budget', 'pruneExpand']]);
    expect(rows.map(({ seeds }) => seeds)).toEqual(rows.map(() => 2));
    const report = readFileSync(join(folder, 'STUDY.md'), 'utf8');
    expect(report).toContain('- Command: `npm run study -- --quick --seeds 1 --methods pruneExpand --json FILE`: 7 fits of digits\n');
    expect(report).toContain(`--with FILE --json FILE --out DIR\`: ${mine.length} fits of digits\n`);

    const third = join(folder, 'third.json');
    const put = await study(['--quick', '--only', 'none', '--with', second, '--json', third]);
    expect(put.code, put.stderr).toBe(0);
    expect(read(third)).toMatchObject({ rows, parts, of: 0 });
    expect(put.stdout).toContain('Put together by: `npm run study -- --quick --only none --with FILE --json FILE`');

    // The second file holds the fits of the first.
    const both = await study(['--quick', '--only', 'none', '--with', first, '--with', second]);
    expect(both.code).toBe(1);
    expect(both.stderr).toContain(`both ${first} and ${second} have digits, seed 1`);
  });

  it('takes over nothing whose numbers are not to be compared', () => {
    const { cambium } = read(first).machine.versions;
    const build = { cambium, modules: modulesHash() };
    expect(earlier([first], build, plan)).toEqual(read(first).parts);
    const refused = (file: string, message: string) => expect(() => earlier([file], build, plan)).toThrow(message);

    const part = read(first).parts[0]!;
    refused(changed('build.json', () => ({ parts: [{ ...part, modules: '0123456789ab' }] })), `by Cambium ${cambium} with the modules 0123456789ab, here is Cambium ${cambium} with the modules ${build.modules}`);
    const settings = (change: object) => ({ parts: [{ ...part, settings: { digits: { ...part.settings['digits'], ...change } } }] });
    refused(changed('steps.json', () => settings({ steps: 2999 })), 'its rows of digits were made with other settings: steps 2999 there and 3000 here');
    refused(changed('method.json', () => settings({ pruneExpand: { start: 4, growth: { method: 'pruneExpand' } } })), 'pruneExpand {"start":4,');
    // What has been added to the study since says nothing about the rows that there are.
    const { pruneExpand: _, ...older } = part.settings['digits']!;
    expect(earlier([changed('older.json', () => ({ parts: [{ ...part, settings: { digits: older } }] }))], build, plan)).toHaveLength(1);
    refused(changed('data.json', () => ({ parts: [{ ...part, settings: { letters: {} } }] })), 'it has rows of letters, which is none of digits; ');
    refused(changed('rows.json', () => ({ parts: undefined })), 'it has no "parts"');
    refused(join(folder, 'nowhere.json'), 'ENOENT');
  });
});
