/** How the engine is to start, and what then runs. */

/** `fast` uses fused multiply-add where the machine has it; `portable` gives the same bits everywhere. */
export type Numerics = 'fast' | 'portable';

/** Where the engine runs. */
export type Host = 'worker' | 'inline';

/** Which build of the engine is loaded. */
export type ModuleName = 'simd128' | 'simd128-threads' | 'relaxed' | 'relaxed-threads';

/** `WebAssembly.Module`; `never` in a project whose libraries do not declare it, as one for Node alone. */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } } ? Module : never;

/** How to start the engine. Everything has a default. */
export interface InitOptions {
  /**
   * Where the module comes from, in place of the file beside this package: a URL, a `Response`, bytes, or compiled. A URL
   * that ends with a slash is a folder with all files of the package's `wasm` folder; a relative one is relative to the page.
   * Any other must be the module that {@link EngineInfo.module} names for the other options, of this release.
   */
  wasm?: URL | string | Response | ArrayBuffer | Uint8Array | CompiledModule;
  /** Threads, the caller's included. @defaultValue the cores, at most 8, where shared memory is there; else 1 */
  threads?: number;
  /** @defaultValue `'fast'` */
  numerics?: Numerics;
  /** @defaultValue `'worker'` where workers are there */
  host?: Host;
  /** Most memory the engine may take, in bytes. @defaultValue 2 GiB, less where that cannot be reserved */
  maxMemory?: number;
}

/** What is running. */
export interface EngineInfo {
  /** The build of the engine. */
  module: ModuleName;
  /** What the module computes with: `'fast'` falls back to `'portable'` where there is no fused multiply-add. */
  numerics: Numerics;
  /** Threads, the caller's included. */
  threads: number;
  /** Where it runs. */
  host: Host;
  /** Most memory the engine may take, in bytes: what could be reserved of `maxMemory`. */
  memoryBytes: number;
  /** Why anything is not as asked, or not the fastest. */
  reasons: string[];
}
