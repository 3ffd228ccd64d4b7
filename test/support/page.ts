/** A page that has the built package, without a bundler. */
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './pack.ts';

const source = fileURLToPath(new URL('../../packages/cambium', import.meta.url));

/** A folder to serve: the package, and a page that runs `script`, in which it is found by its name. */
export async function makePage(script: string): ReturnType<typeof temporaryFolder> {
  const folder = await temporaryFolder();
  for (const part of ['dist', 'wasm']) await cp(join(source, part), join(folder.path, part), { recursive: true });
  await writeFile(
    join(folder.path, 'index.html'),
    `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "cambium": "/dist/index.js" } }</script>
<script type="module">
${script}
</script>
`,
  );
  return folder;
}
