/** The one engine of this program: started at the first use or by `init`, ended by `shutdown`. */
import { Ending } from '../ending.ts';
import { CambiumError } from '../errors.ts';
import { launch } from './launch.ts';
import { checkInitOptions } from './options.ts';
import type { Engine } from './protocol.ts';
import type { EngineInfo, InitOptions } from './start-options.ts';
import type { RunningEngine } from './running.ts';

let starting: Promise<RunningEngine> | undefined;
/** Gives up what is {@link starting}. */
let givenUp = new Ending();
let running: RunningEngine | undefined;
/** The options of the last `init`; an engine that replaces a dead one has them too. */
let options: InitOptions = {};
/** `init` and `shutdown` take effect one after the other, and before whatever is asked for after them. */
let changes: Promise<void> = Promise.resolve();
const warned = new Set<string>();

/**
 * The running engine. The first use starts it, and the first use after it died starts a new one, with the options of
 * the last {@link init}.
 *
 * @throws CambiumError `LOAD_FAILED` when it cannot be started, `ENGINE_DIED` when it is ended while it starts.
 */
export async function engine(): Promise<Engine> {
  await changes;
  if (running?.ended.aborted) forget();
  starting ??= begin();
  return starting;
}

/**
 * Starts the engine, and says what was chosen. Without options an engine that runs is kept. With options it is ended
 * first: its models and data sets are lost, pending calls reject with `ENGINE_DIED`, and so does an `init` whose engine is
 * still starting.
 *
 * @throws CambiumError `OPTION` for an option that is not valid, `LOAD_FAILED` when the engine cannot be started,
 * `ENGINE_DIED` when {@link shutdown} or a later `init` with options ends it while it starts.
 */
export async function init(wanted?: InitOptions): Promise<EngineInfo> {
  if (wanted !== undefined) {
    checkInitOptions(wanted);
    void change('the engine was ended by init()', { ...wanted });
  }
  return (await engine()).info;
}

/**
 * Ends the engine and frees its memory: models and data sets in it are lost, pending calls reject with `ENGINE_DIED`. A
 * start that is under way is given up at once.
 * The next use starts a new engine with default options.
 */
export function shutdown(): Promise<void> {
  return change('the engine was ended by shutdown()', {});
}

/** What is running, or undefined before the first use, after `shutdown`, and when the engine has died. */
export function engineInfo(): EngineInfo | undefined {
  return running && !running.ended.aborted ? running.info : undefined;
}

function change(reason: string, next: InitOptions): Promise<void> {
  changes = changes.then(async () => {
    await end(reason);
    options = next;
  });
  return changes;
}

function forget(): void {
  starting = undefined;
  running = undefined;
}

async function end(reason: string): Promise<void> {
  const ending = starting;
  forget();
  givenUp.abort(new CambiumError('ENGINE_DIED', `${reason} while it started`));
  // An engine that does not start has told those who wait for it.
  const last = await ending?.catch(() => undefined);
  last?.stop(reason);
}

function begin(): Promise<RunningEngine> {
  givenUp = new Ending();
  const mine: Promise<RunningEngine> = startChosen(givenUp).then(
    (started) => {
      if (starting === mine) running = started;
      return started;
    },
    (error: unknown) => {
      if (starting === mine) forget();
      throw error;
    },
  );
  return mine;
}

async function startChosen(given: Ending): Promise<RunningEngine> {
  const asked = options;
  const started = await launch(asked, given);
  const { threads, reasons } = started.info;
  if (asked.threads !== undefined && threads < asked.threads) {
    warnOnce(`cambium: ${asked.threads} threads were asked for, ${threads} started. ${reasons.join('; ')}`);
  }
  return started;
}

function warnOnce(message: string): void {
  if (warned.has(message)) return;
  warned.add(message);
  console.warn(message);
}
