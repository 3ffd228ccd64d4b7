/** The differences between Node (and what speaks its API) and the Web, in one place. */
import { builtin } from '../builtin.ts';
import { holdLifeLock, isLifeLock, onEnd } from './life-lock.ts';
import { withoutAddress } from './load-failure.ts';
import { onWebWorkerFailure, refusedWorker } from './worker-failure.ts';

/** A worker, or in a worker its parent, as the engine uses it. */
export interface Channel {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

/** In a worker: its parent. */
export interface ParentChannel extends Channel {
  /** Resolves when the parent is told how it will hear of this worker's end. A worker that never returns to its events waits for it first. */
  readonly watched: Promise<void>;
}

/** A worker seen from the thread that started it. */
export interface WorkerHandle extends Channel {
  /** Called once when the worker fails or ends by itself. */
  onDeath(listener: (message: string) => void): void;
  /** Keeps the process alive while the worker works. */
  ref(): void;
  /** Lets the process end while the worker is idle. */
  unref(): void;
  terminate(): void;
}

type NodeThreads = typeof import('node:worker_threads');

const threads: NodeThreads | undefined = builtin<NodeThreads>('node:worker_threads');

/** Whether workers can be started. */
export function hasWorkers(): boolean {
  return threads !== undefined || typeof Worker !== 'undefined';
}

/** Whether this thread may block: everywhere but on the main thread of a browser, which has a document. */
export function mayBlock(): boolean {
  return threads !== undefined || typeof document === 'undefined';
}

/** Logical cores this process may use; 1 where that is not told. Node and Deno tell it here too, Deno without a permission. */
export function cores(): number {
  return typeof navigator === 'undefined' ? 1 : (navigator.hardwareConcurrency ?? 1);
}

/** Starts the worker that hosts the engine. */
export function startEngineWorker(): WorkerHandle {
  if (!import.meta.url) throw withoutAddress();
  const url = new URL('./engine-worker.js', import.meta.url);
  if (threads) return nodeWorker(threads, url);
  return webWorker(() => new Worker(new URL('./engine-worker.js', import.meta.url), { type: 'module' }), url);
}

/** Starts one worker of the thread pool. */
export function startPoolWorker(): WorkerHandle {
  if (!import.meta.url) throw withoutAddress();
  const url = new URL('./pool-worker.js', import.meta.url);
  if (threads) return nodeWorker(threads, url);
  return webWorker(() => new Worker(new URL('./pool-worker.js', import.meta.url), { type: 'module' }), url);
}

/** In a worker: the way to the thread that started it. */
export function parent(): ParentChannel {
  const port = threads?.parentPort;
  if (port) {
    return { post: (message) => port.postMessage(message), onMessage: (listener) => void port.on('message', listener), watched: Promise.resolve() };
  }
  const scope = globalThis as unknown as DedicatedScope;
  return {
    post: (message) => scope.postMessage(message),
    onMessage: (listener) => scope.addEventListener('message', (event) => listener(event.data)),
    watched: holdLifeLock().then((lock) => lock && scope.postMessage(lock)),
  };
}

/** The part of a dedicated worker's global scope that is used. */
interface DedicatedScope {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

/** The bytes of a file, where `url` is one and files can be read. */
export async function readFile(url: URL): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const fs = url.protocol === 'file:' ? builtin<typeof import('node:fs')>('node:fs') : undefined;
  return fs?.promises.readFile(url);
}

function nodeWorker(node: NodeThreads, url: URL): WorkerHandle {
  // Flags of the parent (`--input-type`, `--test`) are not for a worker.
  const worker = new node.Worker(url, { execArgv: [] });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', listener),
    onDeath: (listener) => {
      worker.once('error', (error: unknown) => listener(error instanceof Error ? error.message : String(error)));
      worker.once('exit', (code) => listener(`the worker ended with code ${code}`));
    },
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    terminate: () => void worker.terminate(),
  };
}

/** `start` holds the form by which bundlers know a worker; `url` is where its file lies if none has moved it. */
function webWorker(start: () => Worker, url: URL): WorkerHandle {
  const worker = startOrRefuse(start, url);
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.addEventListener('message', ({ data }) => isLifeLock(data) || listener(data)),
    onDeath: (listener) => {
      onWebWorkerFailure(worker, url, listener);
      worker.addEventListener('messageerror', () => listener('a message could not be read'), { once: true });
      worker.addEventListener('message', ({ data }) => isLifeLock(data) && onEnd(data, () => listener('the worker ended by itself')));
    },
    ref: () => {},
    unref: () => {},
    terminate: () => worker.terminate(),
  };
}

function startOrRefuse(start: () => Worker, url: URL): Worker {
  try {
    return start();
  } catch (cause) {
    throw refusedWorker(url, cause);
  }
}
