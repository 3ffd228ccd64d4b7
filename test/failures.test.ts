/** What `npm test` says at its end of the tests that failed. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failures } from '../scripts/failures.mjs';
import { temporaryFolder } from './support/pack.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => void (folder = await temporaryFolder()));
afterAll(() => folder.remove());

const file = (name: string, status: string, message = '', assertionResults: object[] = []): object => ({ name: join(root, name), status, message, assertionResults });
const one = (fullName: string, ...failureMessages: string[]): object => ({ fullName, status: failureMessages.length > 0 ? 'failed' : 'passed', failureMessages });

async function told(text: string): Promise<string[]> {
  const report = join(folder.path, 'report.json');
  await writeFile(report, text);
  return failures(report);
}

test('each failure has a line', async () => {
  const testResults = [
    file('test/a.test.ts', 'passed', '', [one('fits')]),
    file('test/b.test.ts', 'failed', '', [one('grows'), one('a model shrinks', 'Error: 3 is not 4\n    at somewhere')]),
    file('test/c.test.ts', 'failed', 'Error: no such file\nthat was looked for'),
    file('test/d.test.ts', 'failed', '', [one('runs')]),
  ];
  expect(await told(JSON.stringify({ testResults }))).toEqual([
    '  test/b.test.ts, a model shrinks: Error: 3 is not 4',
    '  test/c.test.ts: Error: no such file',
    '  test/d.test.ts: failed outside of its tests',
  ]);
});

test('half a report, or none, is no error', async () => {
  expect(await told('{"testResults":[{"name":')).toEqual([]);
  expect(failures(join(folder.path, 'nothing.json'))).toEqual([]);
});
