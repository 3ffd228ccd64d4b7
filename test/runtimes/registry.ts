/** A registry of npm packages that holds one: what `npm install`, `deno add` and `bun add` then install is the packed package. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A registry that runs. */
export interface Registry {
  url: string;
  close(): Promise<void>;
}

/** Serves the tarball of packages/cambium on 127.0.0.1. */
export async function startRegistry(tarball: string): Promise<Registry> {
  const bytes = await readFile(tarball);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const text = await readFile(new URL('../../packages/cambium/package.json', import.meta.url), 'utf8');
  const manifest = JSON.parse(text) as { version: string };
  const server = createServer((request, response) => {
    if (request.url === '/cambium.tgz') response.end(bytes);
    else if (request.url === '/cambium') response.setHeader('content-type', 'application/json').end(JSON.stringify(description()));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { url, close };

  function description(): object {
    const { version } = manifest;
    const dist = { tarball: `${url}cambium.tgz`, integrity };
    return { name: 'cambium', 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
  }
}
