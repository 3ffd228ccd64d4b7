/** A study in parts: files of earlier commands are taken over, or refused. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Written } from '../src/study/report/study.ts';
import { earlier } from '../src/study/run/earlier.ts';
import { Known } from '../src/study/run/known.ts';
import { modulesHash } from '../src/study/run/modules.ts';
import { settingsOf } from '../src/study/run/settings.ts';
import { study } from './study-command.ts';

let folder: string;
let first: string;

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
    const args = ['--quick', '--seeds', '2', '--methods', 'stochastic,pruneExpand', '--with', first, '--json', second, '--out', folder];
    const { code, stderr } = await study(args);
    expect(code, stderr).toBe(0);
    const { parts, rows } = read(second);
    // To the clock's last digit: these were not trained again.
    expect(parts[0]).toEqual(read(first).parts[0]);
    const mine = parts[1]!.runs;
    const ofSeed = (seed: number) => [...new Set(mine.filter((run) => run.seed === seed).map(({ method }) => method.split(' ')[0]))];
    expect([ofSeed(1), ofSeed(2)]).toEqual([['stochastic'], ['fixed', 'stochastic', 'pruneExpand']]);
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

  it('tells networks, controls and refusals of one budget from those of another', () => {
    const [run] = read(first).parts[0]!.runs;
    const grown = { ...run!, method: 'budget', budget: 850 };
    const variance = { ...grown, control: 'variance' } as const;
    const known = new Known([run!, grown, variance, { data: 'digits', seed: 1, method: 'budget', budget: 1450, reason: 'too narrow' }]);
    const variant = (budget?: number) => ({ name: 'budget', start: 4, ...(budget !== undefined && { budget }), growth: { method: 'budget' } as const });
    expect([known.hasFixed({ input: [64], filters: [], units: [6, 6, 10] }), known.hasFixed({ input: [64], filters: [], units: [6, 61, 10] })]).toEqual([true, false]);
    expect([known.find(variant(850)), known.find(variant(850), 'variance'), known.find(variant(850), 'linear')]).toEqual([grown, variance, undefined]);
    expect([known.find(variant(1450)), known.find(variant())]).toEqual([undefined, undefined]);
    expect([known.isRefused(variant(1450)), known.isRefused(variant(850))]).toEqual([true, false]);
  });

  it('takes over nothing whose numbers are not to be compared', async () => {
    const { cambium } = read(first).machine.versions;
    const build = { cambium, modules: modulesHash() };
    const ours = await settingsOf({ quick: true, methods: [], sources: {} }, new Set(['digits']));
    expect(earlier([first], build, ours)).toEqual(read(first).parts);
    const refused = (file: string, message: string) => expect(() => earlier([file], build, ours)).toThrow(message);

    const part = read(first).parts[0]!;
    refused(changed('build.json', () => ({ parts: [{ ...part, modules: '0123456789ab' }] })), `by Cambium ${cambium} with the modules 0123456789ab, here is Cambium ${cambium} with the modules ${build.modules}`);
    const settings = (change: object) => ({ parts: [{ ...part, settings: { digits: { ...part.settings['digits'], ...change } } }] });
    refused(changed('steps.json', () => settings({ steps: 2999 })), 'its rows of digits were made with other settings: steps 2999 and not 3000');
    refused(changed('method.json', () => settings({ pruneExpand: { ...(part.settings['digits']!['pruneExpand'] as object), every: 30 } })), 'pruneExpand {"start":4,"method":"pruneExpand","every":30,');
    refused(changed('rows.json', () => settings({ rows: '0123456789ab' })), 'rows "0123456789ab" and not "');
    // What has been added to the study since says nothing about the rows that there are.
    const { pruneExpand: _, ...older } = part.settings['digits']!;
    expect(earlier([changed('older.json', () => ({ parts: [{ ...part, settings: { digits: older } }] }))], build, ours)).toHaveLength(1);
    refused(changed('data.json', () => ({ parts: [{ ...part, settings: { letters: {} } }] })), 'it has rows of letters, which is none of digits; ');
    refused(changed('parts.json', () => ({ parts: undefined })), 'it has no "parts"');
    refused(join(folder, 'nowhere.json'), 'ENOENT');
  });
});
