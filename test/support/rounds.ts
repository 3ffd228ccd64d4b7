/** A program that makes, trains and disposes models over and over, and says what that leaves; it runs in every runtime and in a page. */

/** How a program counts workers and finds the engine within the package. */
interface Place {
  /** Defines `workers()`: how many were started, and how many of them have not ended. */
  watch: string;
  /** The address of the module that holds the engine. */
  engine: string;
}

const commandLine: Place = {
  watch: `
  const { default: workerThreads } = await import('node:worker_threads');
  let [startedWorkers, endedWorkers] = [0, 0];
  workerThreads.Worker = class extends workerThreads.Worker {
    constructor(...args) { super(...args); startedWorkers++; this.once('exit', () => endedWorkers++); }
  };
  const workers = async () => [startedWorkers, startedWorkers - endedWorkers];`,
  engine: new URL('../../packages/cambium/dist/runtime/engine.js', import.meta.url).href,
};

/** No event tells a page of the end of a worker; each holds one lock while it lives. */
const page: Place = {
  watch: `
  let startedWorkers = 0;
  globalThis.Worker = class extends Worker { constructor(...args) { super(...args); startedWorkers++; } };
  const workers = async () => [startedWorkers, (await navigator.locks.query()).held.length];`,
  engine: '/dist/runtime/engine.js',
};

function preamble({ watch, engine }: Place): string {
  return `${watch}
  const { engine } = await import('${engine}');
  const { Dataset, DynamicDense, DynamicModel, init } = await import('cambium');
  const layers = [new DynamicDense({ units: 8 }), new DynamicDense({ units: 3 })];
  const x = Float32Array.from({ length: 360 }, (_, n) => Math.sin(n * n));
  const y = Uint8Array.from({ length: 90 }, (_, n) => n % 3);
  const call = async (...args) => (await engine()).call(...args);
  const collect = globalThis.gc ?? (() => Bun.gc(true));
  await init({ threads: 2 });`;
}

/** What runs before the work of a program for the command line. */
export const commandLinePreamble: string = preamble(commandLine);

/**
 * The bytes of the engine's memory and of JavaScript's heap after some rounds, what keeps the process alive where that is
 * told, and the workers that were started and are alive.
 */
export interface Figures {
  engine: number;
  heap: number;
  handles: number | null;
  workers: [started: number, alive: number];
}

/** The figures after half of the rounds and after all of them. */
export interface RoundsReport {
  warm: Figures;
  end: Figures;
}

/** Ends with the report as `report`. */
function rounds(count: number): string {
  return `
  const ways = {
    plain: (model, data) => model.fit(data, { epochs: 3, growth: { method: 'stochastic', every: 1 } }),
    paused: async (model, data) => { const run = model.fit(data, { epochs: 2 }); await run.pause(); run.resume(); await run; },
    aborted: async (model, data) => {
      const abort = new AbortController();
      await model.fit(data, { epochs: 1e6, signal: abort.signal, onEpochEnd: () => abort.abort() }).catch(() => {});
    },
    pausedAndDisposed: async (model, data) => { const run = model.fit(data); await run.pause(); model.dispose(); await run.catch(() => {}); },
    left: async (model, data) => { for await (const _ of model.fit(data, { epochs: 1e6 })) break; },
    failed: (model, data) => model.fit(data, { epochs: 5, onEpochEnd() { throw new Error('mine'); } }).catch(() => {}),
    custom: (model, data) => model.fit(data, { loss: (z) => ({ loss: 0, gradient: z.map(() => 0) }) }),
  };
  const shared = await Dataset.from({ x, y, shape: [4] });
  const signal = new AbortController().signal;
  const figures = async () => {
    for (let n = 0; n < 4; n++) { collect(); await new Promise((resolve) => setTimeout(resolve, 5)); }
    const handles = globalThis.process?.getActiveResourcesInfo?.().filter((name) => name !== 'Timeout').length ?? null;
    const heap = globalThis.process ? process.memoryUsage().heapUsed : performance.memory.usedJSHeapSize;
    return { engine: (await call('memory')).bytes, heap, handles, workers: await workers() };
  };
  let warm;
  for (let round = 0; round < ${count}; round++) {
    const model = await DynamicModel.create({ input: [4], layers, seed: round });
    const data = await Dataset.from({ x, y, shape: [4] });
    await Object.values(ways)[round % 7](model, data);
    if (!model.disposed) await model.fit(shared, { signal });
    model.dispose();
    data.dispose();
    if (round === ${count / 2}) warm = await figures();
  }
  const report = { warm, end: await figures() };`;
}

/** For a command line: prints the report. */
export function roundsProgram(count: number): string {
  return `${commandLinePreamble}${rounds(count)}
  console.log(JSON.stringify(report));`;
}

/** For a page: the global `outcome` is a promise for the report. */
export function roundsScript(count: number): string {
  return `globalThis.outcome = (async () => {${preamble(page)}${rounds(count)}
  return report;
})();`;
}
