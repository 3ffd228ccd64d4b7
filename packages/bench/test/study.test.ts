/** The study's command, from the arguments to the report. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Written } from '../src/study/report/study.ts';
import { program, study } from './study-command.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cambium-study-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(name: string): Written {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Written;
}

describe('npm run study', () => {
  it('compares grown networks with fixed ones and with controls, and writes the report', async () => {
    const files = ['--json', join(folder, 'rows.json'), '--out', join(folder, 'report')];
    const { code, stdout, stderr } = await study(['--quick', '--seeds', '2', '--first-seed', '3', '--methods', 'budget,pruneExpand', '--jobs', '2', ...files]);
    expect(code, stderr).toBe(0);
    const { rows, comparisons, goals, ended, of, machine } = read('rows.json');
    expect([ended, of]).toEqual([2, 2]);
    expect(machine.command).toBe('npm run study -- --quick --seeds 2 --first-seed 3 --methods budget,pruneExpand --jobs 2 --json FILE --out DIR');
    expect(rows.every(({ data, seeds, seconds, score }) => data === 'digits' && seeds === 2 && seconds > 0 && score > 50)).toBe(true);

    const fixed = rows.filter(({ method }) => method === 'fixed');
    expect(fixed.map(({ weights }) => weights)).toEqual([502, 682, 870, 1482, 2410, 8970]);
    expect(fixed.every(({ gain, eventShare }) => gain === null && eventShare === null)).toBe(true);
    const budget = rows.filter(({ method }) => method === 'budget');
    expect(budget.map((row) => row.budget)).toEqual([850, 1450]);
    for (const row of budget) {
      expect(row.mostWeights).toBeLessThanOrEqual(row.budget!);
      expect(row.macs).toBeGreaterThan(row.weights);
      expect(row.gain).not.toBeNull();
    }
    const timed = rows.filter(({ eventShare }) => eventShare !== null);
    expect(timed.map(({ method }) => method)).toEqual(['budget', 'budget', 'pruneExpand']);
    expect(timed.every(({ eventShare }) => eventShare! > 0 && eventShare! < 1)).toBe(true);
    const retrained = rows.filter(({ method }) => method === 'budget, retrained');
    expect(retrained.map(({ weights }) => weights)).toEqual(budget.map(({ weights }) => weights));
    // Twice the weights that `pruneExpand` ends with are more than any fixed network has.
    const against = (name: string) => new Set(comparisons.filter(({ method }) => method === name).map((one) => one.against));
    expect([...against('pruneExpand')]).toEqual([]);
    expect(against('budget')).toContain('double');

    const judged = goals.filter(({ met }) => met !== null).map(({ goal }) => goal.split(' weights')[0]);
    expect(judged).toEqual(['budget: 96.7 at 850', 'budget: 97.2 at 1,450', 'auto, price and budget: events take 10 % of the time at most']);

    const report = readFileSync(join(folder, 'report', 'STUDY.md'), 'utf8');
    expect(report).toMatch(/^# The study of growth\n/);
    expect(report).toContain('FEW SEEDS');
    expect(report).toMatch(/\| digits \| budget: 97\.2 at 1,450 weights at most, [^|]+ \| [\d.]+ at 1,\d+ weights at most; gain [^|]+ \| (yes|NO) \|/);
    expect(report).toContain('](docs/study/digits.svg)');
    const picture = readFileSync(join(folder, 'report', 'docs', 'study', 'digits.svg'), 'utf8');
    // One mark for each row, and one in the legend for each of their names.
    const marks = rows.length + new Set(rows.map(({ method }) => method)).size;
    expect(picture.match(/<circle /g)).toHaveLength(marks);
    expect(picture).not.toMatch(/NaN|undefined|Infinity/);
    expect(report).toContain('## digits: controls');
    for (const { score } of budget) expect(report).toContain(`| ${score.toFixed(2)} |`);
    expect(stdout).toContain('DIGITS: CONTROLS');
    expect(stderr).toMatch(/digits, seed 4: \d+ fits in \d+ s, about \d+ s left/);
  });

  it('reports what is done when it is interrupted', async () => {
    const { code, stdout } = await study(['--quick', '--seeds', '50', '--methods', 'pruneExpand', '--json', join(folder, 'some.json')], (stop) => stop());
    expect(code).toBe(0);
    const { ended, of, rows } = read('some.json');
    expect(of).toBe(50);
    expect(ended).toBeGreaterThanOrEqual(1);
    expect(ended).toBeLessThan(50);
    expect(rows.map(({ method }) => method)).toContain('pruneExpand');
    expect(stdout).toContain(`BROKEN OFF (interrupted): ${ended} of 50 splits were finished`);

    // What is done need not be done again.
    const again = await study(['--quick', '--seeds', `${ended}`, '--methods', 'pruneExpand', '--with', join(folder, 'some.json'), '--json', join(folder, 'more.json')]);
    expect(again.code, again.stderr).toBe(0);
    expect(read('more.json')).toMatchObject({ rows, parts: read('some.json').parts, ended, of: ended });
    expect(again.stdout).toMatch(new RegExp(`fits of digits; broken off \\(interrupted\\) after ${ended} of 50 splits`));
  });

  it.each([
    [['--methods', 'budgets'], "--methods: 'budgets' is none of auto, price, budget, "],
    [['--seeds', '0'], '--seeds must be a whole number from 1 to 9999, not 0'],
    [['--quick', '--data', '.'], '--quick is about the digits alone'],
    [['--data', fileURLToPath(new URL('.', import.meta.url))], 'has neither MNIST'],
    [['--only', 'wine'], 'no files for any of the data sets'],
    [['--wheel', program], 'cannot be read as a wheel'],
  ])('%j is refused', async (args, message) => {
    const { code, stderr } = await study(args);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
  });
});
