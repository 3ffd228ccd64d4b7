/** A registry of npm packages that holds one: what `npm install`, `deno add` and `bun add` then install is the packed package. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { listen, type Site } from '../support/serve.ts';

/** Serves the tarball of packages/cambium on 127.0.0.1. */
export async function startRegistry(tarball: string): Promise<Site> {
  const bytes = await readFile(tarball);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const text = await readFile(new URL('../../packages/cambium/package.json', import.meta.url), 'utf8');
  const manifest = JSON.parse(text) as { version: string };
  const server = createServer((request, response) => {
    if (request.url === '/cambium.tgz') response.end(bytes);
    else if (request.url === '/cambium') response.setHeader('content-type', 'application/json').end(JSON.stringify(description()));
    else response.writeHead(404).end();
  });
  const site = await listen(server);
  return site;

  function description(): object {
    const { version } = manifest;
    const dist = { tarball: `${site.url}cambium.tgz`, integrity };
    return { name: 'cambium', 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
  }
}
