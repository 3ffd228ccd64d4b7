/** A measuring process, as the one who asks sees it. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Failure } from './failure.ts';
import type { Answers, Questions, Start } from './protocol.ts';

/** Set by some machines, these make PyTorch's matrix library run on the wrong processor's code. */
const UNSET = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE'];

/** An answer takes seconds, to the first question some more; a process that needs this long hangs. */
const LIMIT_MS = 300_000;
/** A process that is to end has nothing left to do. */
const END_LIMIT_MS = 20_000;

/** A process that answers questions. Ask one question at a time. */
export class Peer {
  readonly #name: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(name: string, command: string, args: readonly string[]) {
    this.#name = name;
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !UNSET.includes(key)));
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    // A process that is gone is told of by its answers' end.
    this.#child.on('error', () => {});
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** A process that runs Cambium. */
  static cambium(start: Start): Peer {
    return new Peer('Cambium', process.execPath, [program('cambium.ts'), JSON.stringify(start)]);
  }

  /** A process that runs TensorFlow.js. */
  static tfjs(): Peer {
    return new Peer('TensorFlow.js', process.execPath, [program('tfjs.ts')]);
  }

  /** A process that runs PyTorch under that Python. */
  static torch(python: string): Peer {
    return new Peer(`PyTorch (${python})`, python, [fileURLToPath(new URL('../torch/steps.py', import.meta.url))]);
  }

  /** The answer; throws what the process says that it could not do, or that it has ended. */
  async ask<Q extends keyof Questions>(ask: Q, question: Questions[Q]): Promise<Answers[Q]> {
    this.#child.stdin.write(`${JSON.stringify({ ask, ...question })}\n`);
    let late = false;
    const timer = setTimeout(() => (late = this.#child.kill('SIGKILL')), LIMIT_MS);
    const line = await this.#lines.next();
    clearTimeout(timer);
    if (late) throw new Failure(`the process of ${this.#name} did not answer '${ask}' within ${LIMIT_MS / 1000} s`);
    if (line.done) throw new Failure(`the process of ${this.#name} could not be started, or has ended`);
    const answer = JSON.parse(line.value) as Answers[Q] | { error: string };
    if ('error' in answer) throw new Failure(answer.error);
    return answer;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_LIMIT_MS);
    await once(this.#child, 'exit');
    clearTimeout(timer);
  }
}

/** Where a measuring program lies. */
export function program(name: string): string {
  return fileURLToPath(new URL(`programs/${name}`, import.meta.url));
}
