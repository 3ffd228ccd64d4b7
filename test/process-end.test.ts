/** A program ends by itself when its work is done. */
import { describe, expect, it } from 'vitest';
import { nodes, runProgram } from './nodes.ts';

const preamble = `
  import { Dataset, DynamicDense, DynamicModel, engineInfo, init } from 'cambium';
  const create = (seed = 1) => DynamicModel.create({ input: [4], layers: [new DynamicDense({ units: 4 }), new DynamicDense({ units: 3 })], seed });
  const y = Uint8Array.from({ length: 90 }, (_, n) => n % 3);
  const data = { x: Float32Array.from({ length: 360 }, (_, n) => Math.sin(n * n)), y, shape: [4] };
  const epochs = 1e6;
  await init({ threads: 2 });`;

const endings: [what: string, program: string, stdout: string, code: number][] = [
  ['when a fit is done', `const model = await create(); console.log((await model.fit(data)).steps);`, '1', 0],
  ['after a fit that was refused', `const model = await create(); await model.fit(data, { epochs: 0 }).catch((error) => console.log(error.code));`, 'OPTION', 0],
  ['after an error in a hook', `const model = await create();
    await model.fit(data, { onEpochEnd() { throw new Error('mine'); } }).catch((error) => console.log(error.message));`, 'mine', 0],
  ['after an error that nobody catches', `const model = await create();
    await model.fit(data, { epochs, onEpochEnd() { throw new Error('mine'); } });`, '', 1],
  ['after an abort', `const model = await create();
    await model.fit(data, { epochs, signal: AbortSignal.timeout(50) }).catch((error) => console.log(error.name));`, 'AbortError', 0],
  ['after an abort of a paused fit', `const model = await create(); const abort = new AbortController();
    const run = model.fit(data, { epochs, signal: abort.signal }); await run.pause(); abort.abort();
    await run.catch((error) => console.log(error.name));`, 'AbortError', 0],
  ['when a loop over epochs was left', `const model = await create();
    for await (const { epoch } of model.fit(data, { epochs })) { console.log(epoch); break; }`, '0', 0],
  ['when a paused fit is all that is left', `const model = await create();
    const run = model.fit(data, { epochs }); await run.pause(); console.log(run.paused);`, 'true', 0],
  ['when it waits for a paused fit, with the code that Node has for that', `const model = await create();
    const run = model.fit(data, { epochs }); await run.pause(); console.log(run.paused); await run;`, 'true', 13],
  ['when the engine was ended in a fit', `import { shutdown } from 'cambium'; const model = await create();
    const run = model.fit(data, { epochs }); setTimeout(shutdown, 20); await run.catch((error) => console.log(error.code));`, 'ENGINE_DIED', 0],
  ['when nothing was disposed', `for (let n = 0; n < 5; n++) { const set = await Dataset.from(data); await (await create(n)).fit(set); }
    console.log(engineInfo().threads);`, '2', 0],
];

describe.each(nodes)('a process of Node $version ends by itself', ({ path }) => {
  it.each(endings)('%s', async (_, program, stdout, code) => {
    const ended = await runProgram(path, preamble + program);
    expect(ended).toMatchObject({ stdout, code });
  });
});
