/**
 * Waits for `work`, but no longer than `ms`: then calls `giveUp`, whose error is thrown in place of the result. What the
 * work itself comes to after that is nobody's concern; `giveUp` sees to it that it ends.
 */
export async function within<T>(ms: number, work: Promise<T>, giveUp: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(giveUp()), Math.max(0, ms));
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
