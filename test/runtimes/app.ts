/** The package as users get it, installed from its tarball into a folder outside of the workspace, and the scenario beside it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { install, pack, temporaryFolder } from '../support/pack.ts';

/** A page without a bundler; the global `outcome` is a promise for the outcome. */
const page = `<!doctype html>
<meta charset="utf-8">
<title>Cambium</title>
<link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "cambium": "./node_modules/cambium/dist/index.js" } }</script>
<script type="module">
  import { runScenario } from './scenario.js';
  globalThis.outcome = runScenario();
</script>
`;

/**
 * The folder and how to be rid of it. In it are `main.js`, which prints the outcome as its last line, `main-inline.js` on
 * the entry `cambium/inline`, `worker.js` for the edge, and `index.html`.
 */
export async function makeApp(): Promise<{ path: string; remove: () => Promise<void> }> {
  const { path, remove } = await temporaryFolder();
  try {
    const { tarball } = await pack(path);
    await install(tarball, path);
    const source = await readFile(new URL('scenario.ts', import.meta.url), 'utf8');
    const { code } = await transform(source, { loader: 'ts', target: 'es2022' });
    const files = {
      'scenario.js': code,
      'scenario-inline.js': code.replace(/from "cambium"/, 'from "cambium/inline"'),
      'main.js': program('scenario.js'),
      'main-inline.js': program('scenario-inline.js'),
      'worker.js': `import { runScenario } from './scenario.js';\nexport default { fetch: async () => Response.json(await runScenario()) };\n`,
      'index.html': page,
    };
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(path, name), text)));
    return { path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function program(scenario: string): string {
  return `import { runScenario } from './${scenario}';\nconsole.log(JSON.stringify(await runScenario()));\n`;
}
