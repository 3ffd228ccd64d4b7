// Builds the four modules {simd128, relaxed} x {one thread, threads} from one source into packages/cambium/wasm, and
// for the benchmark the kernels alone in two modules of one thread into packages/bench/wasm.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { files, fingerprint, once, output, root, run, say, SetupError, tools } from './lib.mjs';
import { glueFactory, glueTypes } from './glue.mjs';
import { addCustomSection, stripCustomSections } from './sections.mjs';
import { toolsBin } from './wasm-tools.mjs';

const destination = join(root, 'packages/cambium/wasm');
const benchDestination = join(root, 'packages/bench/wasm');
const targetFolder = join(root, 'target/wasm');
const TARGET = 'wasm32-unknown-unknown';
const LINES = ['simd128', 'relaxed'];
const KINDS = ['single', 'threads'];

/** Features that every crate is compiled with. The standard library is built once for each of these values. */
const FEATURES = { single: '+simd128', threads: '+simd128,+bulk-memory,+mutable-globals,+atomics' };
/** Memory is made by JavaScript, which sets the real maximum; 4 GiB is all that 32-bit addresses reach. */
const MEMORY = ['--import-memory', '--initial-memory=2097152', '--max-memory=4294967296'];
const SHARED = ['--shared-memory', '--export=__wasm_init_tls', '--export=__tls_size', '--export=__tls_align', '--export=__tls_base', '--export=__heap_base'];
const LINK = { single: MEMORY, threads: [...MEMORY, ...SHARED] };
/**
 * The library's own switch for less code makes modules 4 % smaller and no training step slower. (wasm-opt took a minute a module,
 * made it 1 to 4 % larger after gzip, and no training step was faster for it.)
 */
const STD = ['-Zbuild-std=std,panic_abort', '-Zbuild-std-features=optimize_for_size'];
/**
 * LLVM's reduction of loops gives each address a register of its own, which V8 then computes by an instruction for each load, where
 * an offset in the load costs nothing. Without it the gradients by weights of 64 x 16 ran at 84 % of the peak in place of 75, of 16
 * channels by convolution at 73 in place of 66, and nothing slower.
 */
const OFFSETS_IN_LOADS = '-Cllvm-args=-disable-lsr';
/** Panics have their message and name their file. With lines a module has 3.9 KB more after gzip, with columns 1.4 more than that. */
const FILES_OF_PANICS = '-Zlocation-detail=file';

/** Builds what has changed since the last time. `rust` comes from `wasmRust()`. */
export function buildWasm(rust) {
  const print = fingerprint(sources(['crates/kernels', 'crates/core', 'crates/wasm']), rust.name);
  for (const kind of KINDS) {
    for (const line of LINES) {
      const outputs = [compiled(line, kind), generated(line, kind)];
      once(moduleName(line, kind), print, outputs, () => buildModule(rust, line, kind));
    }
    checkGlue(kind);
  }
  const { version } = JSON.parse(readFileSync(join(root, 'packages/cambium/package.json'), 'utf8'));
  const build = `${version}-${print.slice(0, 8)}`;
  const scripts = files(['scripts/glue.mjs', 'scripts/sections.mjs']);
  const outputs = ['build.js', ...LINES.flatMap((line) => KINDS.map((kind) => `${moduleName(line, kind)}.wasm`))];
  once('placed', fingerprint(scripts, build), outputs.map((file) => join(destination, file)), () => placeModules(build));
}

/** Builds the benchmark's modules where something has changed: the code of the shipped ones of one thread, with other exports. */
export function buildBenchWasm(rust) {
  const print = fingerprint(sources(['crates/kernels', 'crates/core', 'crates/bench']), rust.name);
  mkdirSync(benchDestination, { recursive: true });
  for (const line of LINES) {
    const to = join(benchDestination, `${line}.wasm`);
    once(`bench-${line}`, print, [to], () => buildBenchModule(rust, line, to));
  }
}

function sources(crates) {
  return files(['Cargo.toml', 'Cargo.lock', 'scripts/wasm.mjs', ...crates], isSource);
}

function isSource(file) {
  return /\.(rs|toml|lock|mjs)$/.test(file) && !/\/(tests|benches|examples)\//.test(file);
}

function moduleName(line, kind) {
  return kind === 'threads' ? `${line}-threads` : line;
}

/** wasm-pack starts only if the folder of a prebuilt standard library exists, even where it is built from source. */
function allowWasmPack({ env }) {
  const folder = output('rustc', ['--print', 'target-libdir', '--target', TARGET], env);
  if (!folder) throw new SetupError(`rustc does not know the target ${TARGET}`);
  mkdirSync(folder, { recursive: true });
}

function buildModule(rust, line, kind) {
  allowWasmPack(rust);
  say(`building the WebAssembly module ${moduleName(line, kind)} (and, the first time, Rust's standard library for it)`);
  const cargo = [...cargoOptions(line, LINK[kind]), ...(kind === 'threads' ? ['--features', 'threads'] : [])];
  run('wasm-pack', ['--quiet', 'build', 'crates/wasm', '--target', 'web', '--mode', 'no-install', '--no-opt', '--no-pack', '--out-dir', outFolder(line, kind), '--', ...cargo], { env: cargoEnv(rust, kind) });
}

/** Plain exports and nothing imported, so cargo alone does it. */
function buildBenchModule(rust, line, to) {
  say(`building the benchmark's WebAssembly module ${line}`);
  run('cargo', ['build', '--quiet', '--package', 'cambium-bench', '--lib', '--release', '--target', TARGET, ...cargoOptions(line, [])], { env: cargoEnv(rust, 'single') });
  writeFileSync(to, stripCustomSections(readFileSync(join(targetFolder, TARGET, 'release/cambium_bench.wasm'))));
}

function cargoEnv(rust, kind) {
  const linker = rust.linker ? [`-Clinker=${rust.linker}`] : [];
  return {
    ...rust.env,
    PATH: `${toolsBin}:${rust.env.PATH ?? process.env.PATH}`,
    CARGO_ENCODED_RUSTFLAGS: [...linker, ...remapPaths(rust), OFFSETS_IN_LOADS, FILES_OF_PANICS, `-Ctarget-feature=${FEATURES[kind]}`].join('\x1f'),
    CARGO_TARGET_DIR: targetFolder,
  };
}

/** Messages of panics name source files: without where this machine keeps them. */
function remapPaths({ env }) {
  const library = join(output('rustc', ['--print', 'sysroot'], env) ?? '', 'lib/rustlib/src/rust');
  const crates = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry/src');
  return [`--remap-path-prefix=${library}=rust`, `--remap-path-prefix=${crates}=crates`];
}

/** The lines differ, and the module is linked, by flags of our own crates only: all modules of a kind share one standard library. */
function cargoOptions(line, link) {
  const relaxed = line === 'relaxed' ? ['-Ctarget-feature=+relaxed-simd'] : [];
  const flags = (crate, more) => ['--config', `profile.release.package.${crate}.rustflags=${JSON.stringify([...relaxed, ...more])}`];
  const linked = link.map((arg) => `-Clink-arg=${arg}`);
  const crates = [flags('cambium-kernels', []), flags('cambium-core', []), flags('cambium-bench', []), flags('cambium-wasm', linked)];
  return [...STD, '-Zprofile-rustflags', ...crates.flat()];
}

/** What the package ships. Each part carries the build, so that parts of two builds can be told apart when they meet. */
function placeModules(build) {
  mkdirSync(destination, { recursive: true });
  for (const kind of KINDS) {
    for (const line of LINES) {
      const name = moduleName(line, kind);
      const bytes = stripCustomSections(readFileSync(compiled(line, kind)));
      writeFileSync(join(destination, `${name}.wasm`), addCustomSection(bytes, 'cambium', JSON.stringify({ module: name, build })));
    }
    const out = outFolder(LINES[0], kind);
    writeFileSync(join(destination, `${kind}.js`), glueFactory(readFileSync(generated(LINES[0], kind), 'utf8'), build));
    writeFileSync(join(destination, `${kind}.d.ts`), glueTypes(`${kind}.classes.js`));
    copyFileSync(join(out, 'cambium_wasm.d.ts'), join(destination, `${kind}.classes.d.ts`));
  }
  writeFileSync(join(destination, 'build.js'), `export const BUILD = ${JSON.stringify(build)};\n`);
  writeFileSync(join(destination, 'build.d.ts'), 'export declare const BUILD: string;\n');
}

/** Both lines of one kind share their JavaScript, so it must be the same. */
function checkGlue(kind) {
  const glues = LINES.map((line) => readFileSync(generated(line, kind), 'utf8'));
  if (new Set(glues).size > 1) throw new SetupError(`the JavaScript of the ${kind} modules differs between ${LINES.join(' and ')}`);
}

function compiled(line, kind) {
  return join(outFolder(line, kind), 'cambium_wasm_bg.wasm');
}

function generated(line, kind) {
  return join(outFolder(line, kind), 'cambium_wasm.js');
}

function outFolder(line, kind) {
  return join(tools, 'wasm-out', moduleName(line, kind));
}
