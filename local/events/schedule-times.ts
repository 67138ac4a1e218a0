import { nextCron, parseCron } from './cron.ts';

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** Due times on the stack's own clock: real time, stretched by 1 / time scale from the moment it was started. */
export interface ScheduleTimes {
  /** The next time (real ms) after `after` (real ms), or null when the schedule has ended. */
  next(after: number): number | null;
}

/**
 * Due times of `rate(…)` and `cron(…)`. A rate begins at `startedAt`; two times of one schedule are never less
 * than a second apart, so that their scheduled times differ. Throws an Error that quotes what AWS would refuse.
 */
export function scheduleTimes(
  expression: string,
  zone: string,
  startedAt: number,
  timeScale: number,
): ScheduleTimes {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression.trim());
  if (rate) {
    const value = Number(rate[1]);
    if (value < 1) throw new Error(`${expression} is not a positive rate`);
    const period = Math.max(1000, value * unitMs[rate[2] as keyof typeof unitMs] * timeScale);
    return {
      next: (after) =>
        after < startedAt ? startedAt : startedAt + (Math.floor((after - startedAt) / period) + 1) * period,
    };
  }
  const cronText = /^cron\((.*)\)$/.exec(expression.trim())?.[1];
  if (cronText === undefined) throw new Error(`${expression} is neither rate(…) nor cron(…)`);
  const cron = parseCron(cronText);
  // Rounded: a due time that comes back as a fraction of a millisecond too early would be due twice.
  const toCloud = (real: number) =>
    real < startedAt ? real : Math.round(startedAt + (real - startedAt) / timeScale);
  return {
    next: (after) => {
      const cloud = nextCron(cron, toCloud(after), zone);
      if (cloud === null) return null;
      const due = startedAt + (cloud - startedAt) * timeScale;
      return Math.floor(due / 1000) > Math.floor(after / 1000) ? due : after + 1000;
    },
  };
}
