import { firstInstant, localMinute } from './zoned-time.ts';

/**
 * AWS's six-field cron: minutes, hours, day of month, month, day of week, year, in a time zone. Wildcards as EventBridge
 * Scheduler documents them (`,` `-` `*` `/` `?` `L` `W` `#`). A time that the clocks jump over is skipped, one that comes
 * twice fires once. Source: "Schedule types in EventBridge Scheduler".
 */
export interface Cron {
  minutes: number[];
  hours: number[];
  months: Set<number>;
  years: Set<number>;
  /** Whether the day matches; month is 1 to 12. */
  day: (year: number, month: number, day: number) => boolean;
}

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const firstYear = 1970;
const lastYear = 2199;

/** Throws an Error that quotes the field that AWS would refuse. */
export function parseCron(text: string): Cron {
  const fields = text.trim().split(/\s+/);
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = fields;
  if (
    fields.length !== 6 ||
    minutes === undefined ||
    hours === undefined ||
    dayOfMonth === undefined ||
    month === undefined ||
    dayOfWeek === undefined ||
    year === undefined
  ) {
    throw new Error(`cron(${text}) has ${fields.length} fields instead of 6`);
  }
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new Error(`cron(${text}) needs ? in exactly one of day of month and day of week`);
  }
  return {
    minutes: values(minutes, 0, 59),
    hours: values(hours, 0, 23),
    months: new Set(values(month, 1, 12, monthNames)),
    years: new Set(values(year, firstYear, lastYear)),
    day: dayOfWeek === '?' ? dayOfMonthMatcher(dayOfMonth) : dayOfWeekMatcher(dayOfWeek),
  };
}

/** The first time after `after` (ms) that matches; null when there is none before 2200. */
export function nextCron(cron: Cron, after: number, zone: string): number | null {
  const start = localMinute(after, zone);
  for (let year = start.year; year <= lastYear; year++) {
    if (!cron.years.has(year)) continue;
    for (let month = year === start.year ? start.month : 1; month <= 12; month++) {
      if (!cron.months.has(month)) continue;
      const first = year === start.year && month === start.month ? start.day : 1;
      for (let day = first; day <= daysIn(year, month); day++) {
        if (!cron.day(year, month, day)) continue;
        const found = firstOfDay(cron, { year, month, day }, after, zone);
        if (found !== null) return found;
      }
    }
  }
  return null;
}

function firstOfDay(
  cron: Cron,
  date: { year: number; month: number; day: number },
  after: number,
  zone: string,
): number | null {
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const instant = firstInstant({ ...date, hour, minute }, zone);
      if (instant !== null && instant > after) return instant;
    }
  }
  return null;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** 1 (Sunday) to 7 (Saturday). */
function weekday(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}

function dayOfMonthMatcher(field: string): Cron['day'] {
  if (field === 'L') return (year, month, day) => day === daysIn(year, month);
  const nearest = /^(\d+)W$/.exec(field);
  if (nearest) {
    const [wanted = 0] = values(nearest[1] ?? '', 1, 31);
    return (year, month, day) => day === nearestWeekday(year, month, wanted);
  }
  const days = new Set(values(field, 1, 31));
  return (_year, _month, day) => days.has(day);
}

/** The weekday closest to a day without leaving its month, as `W` asks for; null when the month has no such day. */
function nearestWeekday(year: number, month: number, wanted: number): number | null {
  const last = daysIn(year, month);
  if (wanted > last) return null;
  const at = weekday(year, month, wanted);
  if (at === 7) return wanted === 1 ? 3 : wanted - 1;
  if (at === 1) return wanted === last ? wanted - 2 : wanted + 1;
  return wanted;
}

function dayOfWeekMatcher(field: string): Cron['day'] {
  if (field === 'L') return (year, month, day) => weekday(year, month, day) === 7;
  const last = /^(\w+)L$/.exec(field);
  if (last) {
    const [wanted = 0] = values(last[1] ?? '', 1, 7, dayNames);
    return (year, month, day) => weekday(year, month, day) === wanted && day + 7 > daysIn(year, month);
  }
  const nth = /^(\w+)#([1-5])$/.exec(field);
  if (nth) {
    const [wanted = 0] = values(nth[1] ?? '', 1, 7, dayNames);
    return (year, month, day) =>
      weekday(year, month, day) === wanted && Math.ceil(day / 7) === Number(nth[2]);
  }
  const days = new Set(values(field, 1, 7, dayNames));
  return (year, month, day) => days.has(weekday(year, month, day));
}

/** All values of a field in order: lists of numbers or names, ranges, `*`, each with an optional `/step`. */
function values(field: string, low: number, high: number, names: readonly string[] = []): number[] {
  const refuse = () => new Error(`cron field ${field} is not within ${low} to ${high}`);
  const one = (text: string): number => {
    const name = names.indexOf(text.toUpperCase());
    if (name >= 0) return low + name;
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= low && value <= high)) throw refuse();
    return value;
  };
  const found = new Set<number>();
  for (const item of field.split(',')) {
    const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item);
    const [, from = '', to, stepText] = match ?? [];
    const step = stepText === undefined ? 1 : Number(stepText);
    if (!match || step < 1 || (from === '*' && to !== undefined)) throw refuse();
    const first = from === '*' ? low : one(from);
    const openEnd = from === '*' || stepText !== undefined;
    const last = to === undefined ? (openEnd ? high : first) : one(to);
    if (last < first) throw refuse();
    for (let value = first; value <= last; value += step) found.add(value);
  }
  return [...found].toSorted((a, b) => a - b);
}
