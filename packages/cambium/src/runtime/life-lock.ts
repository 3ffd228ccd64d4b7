/** How a page hears that a worker has ended by itself: a browser gives no event for it, but it frees the locks the worker held. */

/** From a worker: the name of the lock that it holds for as long as it lives. */
export interface LifeLock {
  lifeLock: string;
}

/** Whether a message from a worker is a {@link LifeLock}. */
export function isLifeLock(message: unknown): message is LifeLock {
  return typeof message === 'object' && message !== null && 'lifeLock' in message;
}

/** In a worker: takes a lock and never gives it back. Undefined where there are none: on pages that are not served securely. */
export async function holdLifeLock(): Promise<LifeLock | undefined> {
  if (!navigator.locks) return undefined;
  const lifeLock = `cambium-worker-${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    const hold = (): Promise<never> => {
      resolve({ lifeLock });
      return new Promise(() => {});
    };
    navigator.locks.request(lifeLock, hold).catch(() => resolve(undefined));
  });
}

/** Calls `listener` once the worker that holds the lock has ended. */
export function onEnd({ lifeLock }: LifeLock, listener: () => void): void {
  // It is refused only where the page itself is being left.
  navigator.locks.request(lifeLock, listener).catch(() => {});
}
