/** A promise that is given a limited time. */

/** Settles as `work` does, or rejects with `late()` after `limit` milliseconds. */
export function withDeadline<T>(work: Promise<T>, limit: number, late: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limit);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}
