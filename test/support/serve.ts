/** Servers for tests. */
import { readFile } from 'node:fs/promises';
import { createServer, type OutgoingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** The headers that isolate a page from other origins, so that its threads may share memory. */
export const ISOLATION: Record<string, string> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** An answer in place of the file's. */
export interface Answer {
  status?: number;
  headers?: OutgoingHttpHeaders;
  body?: string | Uint8Array;
}

/** In place of an answer: the request is left open. */
export const SILENCE = 'silence';

/** A server that runs. */
export interface Site {
  /** Its address, with a slash at the end. */
  url: string;
  close(): Promise<void>;
}

/** Serves `folder` with `headers` on every answer; `change` may give parts of another answer for a path, or none. */
export async function serve(folder: string, headers: OutgoingHttpHeaders = {}, change: (path: string) => Answer | typeof SILENCE | undefined = () => undefined): Promise<Site> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url!, 'http://localhost').pathname);
    const file = path.endsWith('/') ? `${path}index.html` : path;
    const changed = change(file);
    if (changed === SILENCE) return;
    void answer(folder, file, changed).then(({ status, headers: own, body }) => {
      response.writeHead(status, { ...headers, ...own }).end(body);
    });
  });
  return listen(server);
}

/** Lets a server listen on a free port of 127.0.0.1. */
export async function listen(server: Server): Promise<Site> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}

async function answer(folder: string, file: string, changed: Answer = {}): Promise<Required<Answer>> {
  const body = changed.body ?? (await readFile(join(folder, file)).catch(() => undefined));
  const status = changed.status ?? (body === undefined ? 404 : 200);
  const type = body === undefined ? 'text/plain' : (TYPES[extname(file)] ?? 'application/octet-stream');
  return { status, headers: { 'content-type': type, ...changed.headers }, body: body ?? 'not found' };
}
