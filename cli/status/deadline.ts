import type { DependencyStatus } from './model.ts';

/** What one dependency said, or null when it said nothing in time. */
export interface Answer<T> {
  value: T | null;
  status: DependencyStatus;
}

/**
 * Waits for one dependency, until the deadline at the longest. Whatever goes wrong is a status and not an error: one that is
 * down must not hide the others.
 */
export async function asked<T>(
  name: string,
  withinMs: number,
  question: () => Promise<T>,
): Promise<Answer<T>> {
  const start = performance.now();
  const done = (value: T | null, detail: string | null): Answer<T> => ({
    value,
    status: {
      name,
      status: detail === null ? 'UP' : 'DOWN',
      latencyMs: Math.round(performance.now() - start),
      detail,
    },
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer<T>>((resolve) => {
    timer = setTimeout(() => resolve(done(null, `no answer within ${withinMs} ms`)), withinMs);
  });
  const answer = (async () => await question())().then(
    (value) => done(value, null),
    (error: unknown) => done(null, reasonOf(error)),
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** As `asked`, of a part whose dependency is asked elsewhere: null when it does not come in time. */
export async function inTime<T>(withinMs: number, question: () => Promise<T>): Promise<T | null> {
  return (await asked('', withinMs, question)).value;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.split('\n', 1)[0] ?? text;
}
