/** In place of `launch.ts` at the edge (workerd), where code may be compiled only before the program starts. */
import module from '../../wasm/simd128.wasm';
import { startEmbedded } from './embedded.ts';
import type { InitOptions } from './start-options.ts';
import type { RunningEngine } from './running.ts';

/** The engine over the module that the runtime has compiled. */
export async function launch(asked: InitOptions): Promise<RunningEngine> {
  return startEmbedded(module, asked);
}
