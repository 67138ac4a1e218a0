import type { Process } from './process.ts';
import type { World } from './world.ts';

/** Whether it came to its end. Beyond its time an environment is killed, unless it sleeps: then it wakes up late. */
export async function invoke(
  world: World,
  name: string,
  timeoutMs: number,
  work: (process: Process, remainingMs: () => number) => Promise<unknown>,
): Promise<boolean> {
  const { scheduler } = world;
  const process = world.start(name);
  const endsAt = scheduler.now + timeoutMs;
  const timeout = new Promise<'timeout'>((resolve) => scheduler.after(timeoutMs, () => resolve('timeout')));
  const result = await Promise.race([
    work(process, () => endsAt - scheduler.now).then(
      () => 'done',
      () => 'error',
    ),
    process.death,
    timeout,
  ]);
  if (result === 'timeout' && !process.asleep) process.kill();
  return result === 'done';
}

/** A synchronous invocation from one function of another; `unheard` is what the adapter makes of one that fails. */
export async function asked<T>(
  asking: Process,
  answering: Process,
  unheard: T,
  work: () => Promise<T>,
): Promise<T> {
  try {
    await asking.call('Invoke', () => undefined);
    const result = await Promise.race([work(), answering.death]);
    return result === 'died' ? unheard : (result as T);
  } catch {
    return unheard;
  }
}
