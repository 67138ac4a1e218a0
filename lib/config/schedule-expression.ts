/** What is wrong with an EventBridge Scheduler expression, as a clause; null when nothing is. */
export function scheduleFault(expression: string): string | null {
  const call = /^(rate|cron)\((.*)\)$/.exec(expression);
  if (call === null) return `"${expression}" is not a schedule; write rate(5 minutes) or cron(0 3 * * ? *)`;
  const [, kind, inside = ''] = call;
  return kind === 'rate' ? rateFault(expression, inside) : cronFault(expression, inside);
}

/** Minutes between two runs of a `rate(…)`; null for `cron(…)` and for what does not parse. */
export function rateMinutes(expression: string): number | null {
  const match = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression);
  if (match === null) return null;
  const minutes = { minute: 1, hour: 60, day: 1_440 }[match[2] as 'minute' | 'hour' | 'day'];
  return Number(match[1]) * minutes;
}

function rateFault(expression: string, inside: string): string | null {
  return /^[1-9]\d* (minute|hour|day)s?$/.test(inside)
    ? null
    : `"${expression}" is not a rate; write a number from 1 and minutes, hours or days, as in rate(5 minutes)`;
}

const fields: { name: string; least: number; most: number; names: string[] }[] = [
  { name: 'minutes', least: 0, most: 59, names: [] },
  { name: 'hours', least: 0, most: 23, names: [] },
  { name: 'day of month', least: 1, most: 31, names: ['L', 'W', '?'] },
  {
    name: 'month',
    least: 1,
    most: 12,
    names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
  },
  {
    name: 'day of week',
    least: 1,
    most: 7,
    names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'L', '?'],
  },
  { name: 'year', least: 1970, most: 2199, names: [] },
];

function cronFault(expression: string, inside: string): string | null {
  const given = inside.split(' ');
  if (given.length !== fields.length)
    return `"${expression}" has ${given.length} fields; a schedule's cron has 6: ${fields.map((field) => field.name).join(', ')}`;
  for (const [index, field] of fields.entries()) {
    const text = given[index] ?? '';
    if (!text.split(',').every((part) => partIsSound(part, field)))
      return `"${expression}" has "${text}" for ${field.name}; use ${field.least} to ${field.most}, *, a-b, a/b or a,b`;
  }
  if ((given[2] === '?') === (given[4] === '?'))
    return `"${expression}" must have ? for exactly one of day of month and day of week`;
  return null;
}

function partIsSound(part: string, field: (typeof fields)[number]): boolean {
  if (part === '*' || field.names.includes(part)) return true;
  const match = /^(\*|[A-Z]{3}|\d+)(?:-([A-Z]{3}|\d+))?(?:\/(\d+))?(?:(?:L|W|#[1-5])?)$/.exec(part);
  if (match === null) return false;
  const [, from = '', to, step] = match;
  return (
    (from === '*' || valueIsSound(from, field)) &&
    (to === undefined || valueIsSound(to, field)) &&
    (step === undefined || Number(step) > 0)
  );
}

function valueIsSound(text: string, field: (typeof fields)[number]): boolean {
  if (!/^\d+$/.test(text)) return field.names.includes(text);
  return Number(text) >= field.least && Number(text) <= field.most;
}
