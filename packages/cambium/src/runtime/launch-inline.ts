/** In place of `launch.ts` in the entry `cambium/inline`: the module is part of the file, as text. */
import base64 from '../../wasm/simd128.wasm?base64';
import { startEmbedded } from './embedded.ts';
import { afterCompile } from './load-failure.ts';
import type { InitOptions } from './start-options.ts';
import type { RunningEngine } from './running.ts';

/** The engine over the module in this file. */
export async function launch(asked: InitOptions): Promise<RunningEngine> {
  return startEmbedded(await compile(), asked);
}

async function compile(): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch (cause) {
    throw afterCompile('the module inside cambium/inline cannot be compiled here', cause);
  }
}
