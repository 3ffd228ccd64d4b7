/**
 * The build of a module and of the JavaScript around it. A cache or a copy can bring parts of two releases together; they
 * would misread each other's memory, so each part carries its build.
 */
import { BUILD } from '../../wasm/build.js';
import { CambiumError } from '../errors.ts';
import type { Binding } from './binding.ts';
import { afterCompile } from './load-failure.ts';
import type { ModuleName } from './start-options.ts';

/** What the custom section `cambium` of a module says. */
interface Mark {
  module: ModuleName;
  build: string;
}

const NEWER = 'Both must come from one release: clear the caches on the way (browser, service worker, CDN), or copy the files of the package again.';

/**
 * That `module`, which came from `origin`, is the one called `name`, of the build of this JavaScript.
 *
 * @throws CambiumError `LOAD_FAILED` with both names or both builds.
 */
export function checkModule(module: WebAssembly.Module, name: ModuleName, origin: string): void {
  const mark = markOf(module);
  if (!mark) {
    throw new CambiumError('LOAD_FAILED', `${origin}: a WebAssembly module without cambium's custom section. It is another one, or a tool has stripped it: serve cambium/wasm/${name}.wasm as it is.`);
  }
  if (mark.build !== BUILD) throw new CambiumError('LOAD_FAILED', `${origin}: the module is of build ${mark.build}, the JavaScript of build ${BUILD}. ${NEWER}`);
  if (mark.module !== name) {
    throw new CambiumError('LOAD_FAILED', `${origin}: this is the module ${mark.module}, but ${name} was chosen for the other options and this machine. ${optionsFor(mark.module)}, or let init option wasm be the URL of a folder that holds all modules, with a slash at its end.`);
  }
}

/**
 * Starts `module` under `binding`, which came from a file of its own.
 *
 * @throws CambiumError `LOAD_FAILED` when the builds differ or the module cannot be started.
 */
export function instantiate(binding: Binding, module: WebAssembly.Module, memory: WebAssembly.Memory): void {
  const build = markOf(module)?.build;
  if (build !== binding.build || build !== BUILD) {
    throw new CambiumError('LOAD_FAILED', `the module is of build ${build}, its JavaScript part of build ${binding.build}, the worker's file of build ${BUILD}. ${NEWER}`);
  }
  try {
    binding.initSync({ module, memory });
  } catch (cause) {
    throw afterCompile('the module does not start', cause);
  }
}

function markOf(module: WebAssembly.Module): Mark | undefined {
  const section = WebAssembly.Module.customSections(module, 'cambium')[0];
  return section && (JSON.parse(new TextDecoder().decode(section)) as Mark);
}

function optionsFor(module: ModuleName): string {
  const numerics = module.startsWith('simd128') ? `set numerics: 'portable'` : `use a machine with a fused multiply-add and numerics: 'fast'`;
  const threads = module.endsWith('-threads') ? 'threads: 2 or more' : 'threads: 1';
  return `For it ${numerics} and ${threads}`;
}
