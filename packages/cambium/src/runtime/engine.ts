/** The one engine of this program: started at the first use or by `init`, ended by `shutdown`. */
import type { Engine, EngineInfo, InitOptions } from './protocol.ts';

/** The running engine; starts it with default options at first use. */
export function engine(): Promise<Engine> {
  return Promise.reject(new Error('the engine is not built yet'));
}

/** Starts the engine with these options, or starts it anew if it runs already. */
export async function init(_options: InitOptions = {}): Promise<EngineInfo> {
  return (await engine()).info;
}

/** Ends the engine and frees all its memory; models and data sets in it are lost. */
export async function shutdown(): Promise<void> {}

/** What is running, or undefined before the first use and after `shutdown`. */
export function engineInfo(): EngineInfo | undefined {
  return undefined;
}
