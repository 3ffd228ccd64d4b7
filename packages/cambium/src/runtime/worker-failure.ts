/** Why a worker does not come up: a browser tells a page only that its file failed. */
import { CambiumError } from '../errors.ts';
import { withDeadline } from './deadline.ts';
import { sentence, serveScript } from './load-failure.ts';

/** Asking the server once more what it has takes this long at most. */
const ASK_LIMIT_MS = 5_000;

/** The constructor of a worker threw: the page may not start it. */
export function refusedWorker(address: URL, cause: unknown): CambiumError {
  return new CambiumError('LOAD_FAILED', `${address.href} cannot be started as a worker: ${sentence(cause)} ${hint(address)}`, { cause });
}

/** Calls `listener` when `worker` fails. Without a message in the event it first finds out what is at `address`, its file. */
export function onWebWorkerFailure(worker: Worker, address: URL, listener: (message: string) => void): void {
  let forbidden = false;
  const onViolation = ({ effectiveDirective }: SecurityPolicyViolationEvent): void => {
    forbidden ||= effectiveDirective === 'worker-src';
  };
  addEventListener('securitypolicyviolation', onViolation);
  const explain = async (): Promise<string> => {
    const answer = await whatIsThere(address);
    removeEventListener('securitypolicyviolation', onViolation);
    if (!forbidden) return answer;
    return `${address.href}: the Content-Security-Policy forbids workers: add 'self' to its worker-src, for example: Content-Security-Policy: worker-src 'self'`;
  };
  const onError = ({ message }: ErrorEvent): void => (message ? listener(message) : void explain().then(listener));
  worker.addEventListener('error', onError, { once: true });
  worker.addEventListener('message', () => removeEventListener('securitypolicyviolation', onViolation), { once: true });
}

async function whatIsThere(address: URL): Promise<string> {
  const late = (): Error => new Error(`no answer within ${ASK_LIMIT_MS / 1000} s`);
  try {
    const response = await withDeadline(fetch(address), ASK_LIMIT_MS, late);
    const type = response.headers.get('content-type');
    const answer = `${address.href}: status ${response.status}, content type ${type ?? 'none'}`;
    const isScript = response.ok && type !== null && /(java|ecma)script/.test(type);
    return isScript ? `${answer}, but it does not start; the console of the browser says what it imports in vain` : `${answer}. ${serveScript(`dist/runtime/${address.pathname.split('/').at(-1)}`)}`;
  } catch (cause) {
    return `${address.href} could not be fetched: ${sentence(cause)} ${hint(address)}`;
  }
}

function hint(address: URL): string {
  if (address.protocol === 'file:') return 'A page opened as a file may not load others: serve it over HTTP, or import from cambium/inline.';
  if (address.origin !== location.origin) return `Workers must come from the page's own origin, ${location.origin}: serve the package there, or use init({ host: 'inline', threads: 1 }).`;
  return 'The server cannot be reached, or the page may not ask it.';
}
