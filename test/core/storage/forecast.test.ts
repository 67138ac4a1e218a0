import { expect, test } from 'vitest';
import { msUntilFull } from '../../../functions/core/storage/forecast.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GB = 1e9;
const hourly = (values: number[]) => values.map((value, hour) => ({ at: new Date(hour * HOUR), value }));
const falling = (hours: number, from: number, perHour: number) =>
  Array.from({ length: hours }, (_, hour) => from - perHour * hour);

test('a disk that loses a gigabyte a day is full in as many days as gigabytes are left', () => {
  const readings = hourly(falling(168, 20 * GB, GB / 24));
  const left = readings.at(-1)?.value ?? 0;
  expect((msUntilFull(readings) ?? 0) / DAY).toBeCloseTo(left / GB, 6);
});

test('what comes and goes by the hour does not hide the trend', () => {
  const readings = hourly(falling(168, 20 * GB, GB / 24).map((free, hour) => free + (hour % 2) * 0.2 * GB));
  expect((msUntilFull(readings) ?? 0) / DAY).toBeGreaterThan(11);
  expect((msUntilFull(readings) ?? 0) / DAY).toBeLessThan(15);
});

test('a disk that does not fill up has no forecast', () => {
  expect(msUntilFull(hourly(Array(50).fill(20 * GB)))).toBeNull();
  expect(msUntilFull(hourly(falling(50, 20 * GB, -GB / 100)))).toBeNull();
});

test('the pace is that since the disk grew or a month left it', () => {
  const readings = hourly([...falling(100, 12 * GB, GB / 10), ...falling(48, 30 * GB, GB / 24)]);
  const left = readings.at(-1)?.value ?? 0;
  expect((msUntilFull(readings) ?? 0) / DAY).toBeCloseTo(left / GB, 6);
});

test('half a day of readings is too little to tell', () => {
  expect(msUntilFull(hourly(falling(11, 20 * GB, GB)))).toBeNull();
  expect(msUntilFull(hourly([...falling(100, 12 * GB, GB / 10), 30 * GB]))).toBeNull();
  expect(msUntilFull([])).toBeNull();
});
