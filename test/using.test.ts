/** Explicit resource management is there for projects whose TypeScript knows it, and in nobody's way elsewhere. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
/** A folder from which `cambium` is found. */
const examples = join(root, 'packages/examples');

const plain = `
  import { Dataset, DynamicDense, DynamicModel, type History } from 'cambium';
  const model = await DynamicModel.create({ input: [1], layers: [new DynamicDense({ units: 1 })] });
  const data = await Dataset.from({ x: [[1]], y: [[1]] });
  for await (const { loss } of model.fit(data)) loss.toFixed();
  const run = model.fit(data);
  const history: Promise<History> = run;
  history.then(({ steps }) => steps.toFixed());
  run.pause().then(() => run.resume());
  data.dispose();
  model[Symbol.dispose]();
  export {};`;
const managed = `
  import { Dataset, DynamicDense, DynamicModel } from 'cambium';
  using model = await DynamicModel.create({ input: [1], layers: [new DynamicDense({ units: 1 })] });
  using data = await Dataset.from({ x: [[1]], y: [[1]] });
  await using run = model.fit(data);
  run.resume();
  export {};`;

/** What the compiler says of `program`, which sees the declarations of the package. */
async function check(program: string, lib: string[], types: string[]): Promise<string> {
  const folder = await mkdtemp(join(examples, 'node_modules/.using-'));
  try {
    const typeRoots = [join(root, 'node_modules/@types')];
    const compilerOptions = { strict: true, noEmit: true, skipLibCheck: false, module: 'nodenext', target: 'es2022', lib, types, typeRoots };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.mts'] }));
    await writeFile(join(folder, 'program.mts'), program);
    return await new Promise((resolve) => execFile(join(root, 'node_modules/.bin/tsc'), ['--project', folder], { timeout: 50_000 }, (_, stdout, stderr) => resolve(stdout + stderr)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

it.each([
  ['a page of 2022', plain, ['es2022', 'dom'], []],
  ['a page of today', managed, ['esnext', 'dom'], []],
  ['Node', managed, ['es2022'], ['node']],
])('type-checks in %s', async (_, program, lib, types) => {
  expect(await check(program, lib, types)).toBe('');
});
