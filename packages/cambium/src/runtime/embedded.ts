/** The engine of builds that bring one module with them, for places that load no files and start no workers. */
import glue from '../../wasm/single.js';
import { CambiumError } from '../errors.ts';
import { instantiate } from './build.ts';
import { EngineHost } from './host.ts';
import { InlineEngine } from './inline-engine.ts';
import { reserveMemory } from './load.ts';
import { DEFAULT_MAX_MEMORY } from './options.ts';
import type { EngineInfo, InitOptions } from './start-options.ts';
import { noteMemory } from './running.ts';

/**
 * The engine on this thread, over `module`, which is the one named simd128.
 *
 * @throws CambiumError `OPTION` for another module, `LOAD_FAILED` for one of another build, `OUT_OF_MEMORY`
 */
export function startEmbedded(module: WebAssembly.Module, asked: InitOptions): InlineEngine {
  if (asked.wasm !== undefined) throw new CambiumError('OPTION', 'init option wasm: this build of cambium brings its own module; import cambium itself to give another');
  const maxMemory = asked.maxMemory ?? DEFAULT_MAX_MEMORY;
  const { memory, bytes } = reserveMemory(maxMemory, false);
  const binding = glue();
  instantiate(binding, module, memory);
  const info: EngineInfo = { module: 'simd128', numerics: 'portable', threads: 1, host: 'inline', memoryBytes: maxMemory, reasons: reasons(asked) };
  noteMemory(info, maxMemory, bytes);
  return new InlineEngine(new EngineHost(binding, memory, 1), info);
}

function reasons({ numerics, threads, host }: InitOptions): string[] {
  const why = 'because this build of cambium brings one module, for one thread, with it';
  const found: string[] = [];
  if (host !== 'inline') found.push(`host: inline, ${why}`);
  if (numerics !== 'portable') found.push(`numerics: portable, ${why}`);
  if (threads !== 1) found.push(`threads: 1${threads === undefined ? '' : ` instead of ${threads}`}, ${why}`);
  return found;
}
