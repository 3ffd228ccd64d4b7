/** A program ends by itself when its work is done, and when its engine has died. */
import { describe, expect, it } from 'vitest';
import { commandLines, nodes, runProgram } from './support/programs.ts';

const preamble = `
  import { Dataset, DynamicDense, DynamicModel, engineInfo, init } from 'cambium';
  const create = (seed = 1) => DynamicModel.create({ input: [4], layers: [new DynamicDense({ units: 4 }), new DynamicDense({ units: 3 })], seed });
  const y = Uint8Array.from({ length: 90 }, (_, n) => n % 3);
  const data = { x: Float32Array.from({ length: 360 }, (_, n) => Math.sin(n * n)), y, shape: [4] };
  const epochs = 1e6;
  await init({ threads: 2 });`;

/** Each prints one line, and ends with code 0. */
const endings: [what: string, program: string, stdout: string][] = [
  ['when a fit is done', `const model = await create(); console.log((await model.fit(data)).steps);`, '1'],
  ['after a fit that was refused', `const model = await create(); await model.fit(data, { epochs: 0 }).catch((error) => console.log(error.code));`, 'OPTION'],
  ['after an error in a hook', `const model = await create();
    await model.fit(data, { onEpochEnd() { throw new Error('mine'); } }).catch((error) => console.log(error.message));`, 'mine'],
  ['after an abort', `const model = await create();
    await model.fit(data, { epochs, signal: AbortSignal.timeout(50) }).catch((error) => console.log(error.name));`, 'AbortError'],
  ['after an abort of a paused fit', `const model = await create(); const abort = new AbortController();
    const run = model.fit(data, { epochs, signal: abort.signal }); await run.pause(); abort.abort();
    await run.catch((error) => console.log(error.name));`, 'AbortError'],
  ['when a loop over epochs was left', `const model = await create();
    for await (const { epoch } of model.fit(data, { epochs })) { console.log(epoch); break; }`, '0'],
  ['when a paused fit is all that is left', `const model = await create();
    const run = model.fit(data, { epochs }); await run.pause(); console.log(run.paused);`, 'true'],
  ['when the engine was ended in a fit', `import { shutdown } from 'cambium'; const model = await create();
    const run = model.fit(data, { epochs }); setTimeout(shutdown, 20); await run.catch((error) => console.log(error.code));`, 'ENGINE_DIED'],
  ['when nothing was disposed', `for (let n = 0; n < 5; n++) { const set = await Dataset.from(data); await (await create(n)).fit(set); }
    console.log(engineInfo().threads);`, '2'],
];

/** Ends a worker of each kind while a fit runs. */
const kills = `
  const workerThreads = process.getBuiltinModule('node:worker_threads');
  const started = [];
  workerThreads.Worker = class extends workerThreads.Worker {
    constructor(...args) {
      super(...args);
      started.push({ file: String(args[0]), worker: this });
    }
  };
  const { DynamicDense, DynamicModel, init } = await import('cambium');
  await init({ threads: 3 });
  const layers = [new DynamicDense({ units: 256 }), new DynamicDense({ units: 256 }), new DynamicDense({ units: 3 })];
  const data = { x: Float32Array.from({ length: 80000 }, (_, n) => Math.sin(n * n)), y: new Uint8Array(400), shape: [200], classes: 3 };
  for (const kind of ['engine-worker', 'pool-worker']) {
    const run = (await DynamicModel.create({ input: [200], layers })).fit(data, { epochs: 1e6 });
    const ended = run.catch((error) => console.log(error.code, error.message));
    while (run.history.steps < 4) await new Promise((resolve) => setTimeout(resolve, 1));
    await started.filter(({ file }) => file.includes(kind)).at(-1).worker.terminate();
    await ended;
    console.log((await (await DynamicModel.create({ input: [200], layers })).fit(data)).steps);
  }`;

describe.each(commandLines)('in $name', (runtime) => {
  it.each(endings)('a program ends by itself %s', async (_, program, stdout) => {
    expect(await runProgram(runtime, preamble + program)).toEqual({ stdout, stderr: '', code: 0 });
  });

  it('a worker that is killed in mid-step takes its engine with it, and a new one follows', async () => {
    const { stdout, stderr, code } = await runProgram(runtime, kills);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^ENGINE_DIED the engine's worker stopped: the worker ended/),
      '4',
      expect.stringMatching(/^ENGINE_DIED pool worker 2 of 2 failed: the worker ended/),
      '4',
    ]);
  });
});

describe.each(nodes)('in $name', (runtime) => {
  it('an error that nobody catches ends a program', async () => {
    const program = `const model = await create(); await model.fit(data, { epochs, onEpochEnd() { throw new Error('mine'); } });`;
    expect(await runProgram(runtime, preamble + program)).toMatchObject({ stdout: '', stderr: expect.stringContaining('mine'), code: 1 });
  });

  it('a program that waits for a paused fit ends with the code that Node has for that', async () => {
    const program = `const run = (await create()).fit(data, { epochs }); await run.pause(); console.log(run.paused); await run;`;
    expect(await runProgram(runtime, preamble + program)).toMatchObject({ stdout: 'true', code: 13 });
  });
});
