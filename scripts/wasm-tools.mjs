// wasm-bindgen and wasm-pack, built from source into .tools/ once.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { output, root, run, say, SetupError, tools } from './lib.mjs';

const WASM_PACK = '0.15.1';

/** The folder of the tools. */
export const toolsBin = join(tools, 'bin');
const buildFolder = join(tools, 'target');

/** Installs what is missing. `rust` is the environment of a cargo that builds for this machine. */
export function wasmTools(rust) {
  // The command and the crate must be of one version: wasm-bindgen checks it.
  const bindgen = /^wasm-bindgen = "=([\d.]+)"$/m.exec(readFileSync(join(root, 'crates/wasm/Cargo.toml'), 'utf8'))?.[1];
  if (!bindgen) throw new SetupError('crates/wasm/Cargo.toml does not pin wasm-bindgen');
  // Its default features are a TLS library for testing in browsers, which is slow to build and not used here.
  const bindgenCrate = [`wasm-bindgen-cli@${bindgen}`, '--no-default-features'];
  install('wasm-bindgen', bindgen, bindgenCrate, 'writes the JavaScript side of the WebAssembly modules', rust);
  install('wasm-pack', WASM_PACK, [`wasm-pack@${WASM_PACK}`], 'runs cargo and wasm-bindgen', rust);
  rmSync(buildFolder, { recursive: true, force: true });
}

function install(command, version, crate, purpose, rust) {
  const binary = join(toolsBin, command);
  if (existsSync(binary) && output(binary, ['--version'])?.endsWith(` ${version}`)) return;
  say(`building ${command} ${version}, which ${purpose} (some minutes, once)`);
  mkdirSync(tools, { recursive: true });
  // Not optimised: that builds several times faster, and our modules are small.
  const env = { ...rust, CARGO_PROFILE_DEV_DEBUG: '0', CARGO_TARGET_DIR: buildFolder };
  run('cargo', ['install', '--quiet', '--debug', '--force', '--bin', command, '--root', tools, ...crate], { env });
}
