/** A wall-clock minute in some time zone. Month is 1 to 12. */
export interface LocalMinute {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  let found = formats.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formats.set(zone, found);
  }
  return found;
}

/** What a clock on the wall shows at the instant (ms). Throws RangeError for an unknown zone. */
export function localMinute(instant: number, zone: string): LocalMinute {
  const parts = new Map(
    format(zone)
      .formatToParts(instant)
      .map((part) => [part.type, Number(part.value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? Number.NaN;
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
  };
}

function asUtc({ year, month, day, hour, minute }: LocalMinute): number {
  return Date.UTC(year, month - 1, day, hour, minute);
}

/**
 * The first instant (ms) at which a clock in the zone shows this minute; null when it never does because the clocks are
 * put forward over it. A minute that comes twice, when the clocks are put back, is its first one.
 */
export function firstInstant(local: LocalMinute, zone: string): number | null {
  const wanted = asUtc(local);
  const day = 86_400_000;
  const candidates = [wanted - day, wanted + day]
    .map((near) => wanted - (asUtc(localMinute(near, zone)) - Math.floor(near / 60_000) * 60_000))
    .filter((instant) => asUtc(localMinute(instant, zone)) === wanted);
  return candidates.length === 0 ? null : Math.min(...candidates);
}
