// The Rust that can build WebAssembly with threads: no distributor ships a standard library with atomics, so it is
// built from source (-Zbuild-std), which takes a nightly compiler, or a stable one that is told to act like it.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installFromDebian } from './debian.mjs';
import { output, run, say, SetupError } from './lib.mjs';

const DEBIAN_PACKAGES = ['rustc-web', 'cargo-web', 'rust-web-src', 'rust-web-llvm', 'gcc', 'libc6-dev'];
/** Linkers for WebAssembly, the one of the compiler's LLVM first. */
const DEBIAN_LINKERS = ['lld-22', 'lld'];
const BY_HAND = `Install Rust with the sources of its standard library, then run this again:
  with rustup (https://rustup.rs):   rustup toolchain install nightly --profile minimal --component rust-src
  on Debian 12 or newer, as root:    apt-get install ${DEBIAN_PACKAGES.join(' ')} lld-22`;

/** The tool chain for WebAssembly: `{ env, linker }` for cargo; installs it where that can be done. */
export function wasmRust() {
  const found = findWasmRust();
  if (found) return found;
  install();
  const installed = findWasmRust();
  if (installed) return installed;
  throw new SetupError(`No Rust that can build WebAssembly was found.\n${BY_HAND}`);
}

/** The environment in which `cargo` builds and tests for this machine: rustup's default tool chain, else Debian's. */
export function nativeRust() {
  if (output('cargo', ['--version'])) return {};
  if (existsSync('/usr/bin/cargo')) return path('/usr/bin');
  throw new SetupError(`cargo was not found.\n${BY_HAND}`);
}

function findWasmRust() {
  return rustupNightly() ?? debianRust();
}

function rustupNightly() {
  const env = { RUSTUP_TOOLCHAIN: 'nightly' };
  const nightly = output('rustup', ['run', 'nightly', 'rustc', '--version']);
  return nightly && hasSources(output('rustc', ['--print', 'sysroot'], env)) ? { env, name: nightly } : undefined;
}

/** Debian's compiler lies in /usr/bin and looks for `rust-lld`, which it does not bring: any `wasm-ld` will do. */
function debianRust() {
  const env = { ...path('/usr/bin'), RUSTC_BOOTSTRAP: '1' };
  const version = output('/usr/bin/rustc', ['--version']);
  if (!version || !existsSync('/usr/bin/cargo') || !hasSources(output('/usr/bin/rustc', ['--print', 'sysroot']))) return undefined;
  const linker = readdirSync('/usr/bin').filter((name) => /^wasm-ld(-\d+)?$/.test(name)).sort(byVersion).at(-1);
  return linker ? { env, linker, name: version } : undefined;
}

function byVersion(a, b) {
  const version = (name) => Number(name.split('-')[2] ?? 0);
  return version(a) - version(b);
}

function hasSources(sysroot) {
  return sysroot !== undefined && existsSync(join(sysroot, 'lib/rustlib/src/rust/library/std/Cargo.toml'));
}

function path(first) {
  return { PATH: `${first}:${process.env.PATH}` };
}

function install() {
  if (output('rustup', ['--version'])) {
    say('installing a nightly Rust with rust-src by rustup: WebAssembly with threads needs a standard library built from source');
    try {
      return run('rustup', ['toolchain', 'install', 'nightly', '--profile', 'minimal', '--component', 'rust-src']);
    } catch (error) {
      say(`rustup could not: ${error.message}`);
    }
  }
  installFromDebian('a Rust compiler, the sources of its standard library, linkers for WebAssembly and for this machine', (has) => {
    if (!has('rustc-web')) return [];
    const linker = DEBIAN_LINKERS.find(has);
    return linker ? [...DEBIAN_PACKAGES, linker] : DEBIAN_PACKAGES;
  });
}
