/** Starts the engine that suits this runtime and what was asked for. */
import type { EndSignal } from '../ending.ts';
import { choose, moduleFor, type Choice } from './choose.ts';
import { startInline } from './inline.ts';
import { DEFAULT_MAX_MEMORY, isOneModule } from './options.ts';
import { cores, hasWorkers, mayBlock } from './platform.ts';
import { probeSharedMemory, probeSimd } from './probe.ts';
import type { InitOptions } from './start-options.ts';
import { RemoteEngine } from './remote.ts';
import type { RunningEngine } from './running.ts';

/**
 * An engine within `asked`. The end of `given` gives the start up: it rejects at once with that reason. Builds for places that load no files have another function in place of this one.
 *
 * @throws CambiumError `LOAD_FAILED`, `OUT_OF_MEMORY`
 */
export async function launch(asked: InitOptions, given: EndSignal): Promise<RunningEngine> {
  const probes = { ...probeSimd(), sharedMemory: probeSharedMemory(), cores: cores(), workers: hasWorkers(), mayBlock: mayBlock() };
  const choice = choose(probes, asked);
  try {
    return await startOn(choice, asked, given);
  } catch (error) {
    // A pool that does not start is no reason to fail: one thread computes the same.
    if (given.aborted || choice.threads === 1 || isOneModule(asked.wasm)) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    const reasons = [...choice.reasons, `threads: 1 instead of ${choice.threads}, because ${cause}`];
    return startOn({ ...choice, threads: 1, module: moduleFor(choice.numerics, 1), reasons }, asked, given);
  }
}

function startOn(choice: Choice, asked: InitOptions, given: EndSignal): Promise<RunningEngine> {
  const { module, threads } = choice;
  const request = { module, threads, maxMemory: asked.maxMemory ?? DEFAULT_MAX_MEMORY, wasm: asked.wasm };
  const info = { ...choice, memoryBytes: request.maxMemory };
  return choice.host === 'worker' ? RemoteEngine.start(request, info, given) : startInline(request, info, given);
}
