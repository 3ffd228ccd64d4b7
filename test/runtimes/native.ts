/** The scenario in native Rust. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { description, makeData, names, sha256 } from './scenario.ts';

const root = new URL('../..', import.meta.url);
/** As `cargo test` builds it: optimised, and built already where the whole suite runs. */
const example = ['run', '--quiet', '--profile', 'test', '--package', 'cambium-core', '--example', 'scenario', '--'];
/** Building it anew takes a minute or two, on a busy machine several. */
const LIMIT_MS = 900_000;

/** The hash of the final models, trained on `threads` threads. */
export async function nativeHash(threads: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'cambium-native-'));
  try {
    return await sha256(names.map((network) => {
      const [scenario, saved] = [join(folder, `${network}.json`), join(folder, `${network}.safetensors`)];
      const { model, plans } = description(network);
      const [train, valid] = [dataset('train', model.input), dataset('valid', model.input)];
      writeFileSync(scenario, JSON.stringify({ model, plans, train, valid }));
      execFileSync('cargo', [...example, scenario, String(threads), saved], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], timeout: LIMIT_MS });
      return new Uint8Array(readFileSync(saved));
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function dataset(kind: 'train' | 'valid', shape: readonly number[]): object {
  const { x, y, scale, classes } = makeData(kind);
  return { spec: { rows: y.length, shape, dtype: 'u8', scale, targets: { type: 'labels', classes } }, x: [...x], y: [...y] };
}
