import type { RateSettings } from '../../contract/env.ts';
import type { PaceLimits } from './machine.ts';

/** The hours of `nightHours` are those of the marketplaces' customers. */
const hourInTashkent = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Tashkent',
  hour: '2-digit',
  hourCycle: 'h23',
});

/** The limits that hold at an instant: at night, when few people shop, the ceiling may be another one. */
export function limitsAt(rate: RateSettings, at: Date): PaceLimits {
  const { minPerSecond: floor, maxPerSecond, nightMaxPerSecond, nightHours } = rate;
  if (nightMaxPerSecond === undefined || nightHours === undefined) return { floor, ceiling: maxPerSecond };
  const hour = Number(hourInTashkent.format(at));
  const { from, to } = nightHours;
  const night = from <= to ? hour >= from && hour < to : hour >= from || hour < to;
  return { floor, ceiling: night ? nightMaxPerSecond : maxPerSecond };
}
