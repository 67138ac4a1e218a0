import { expect, test } from 'vitest';
import { newStorage } from '../../../functions/core/model/storage.ts';
import { forecast, measured } from '../../../functions/core/storage/machine.ts';

const marks = { holdBytes: 7, resumeBytes: 9 };
const at = (minute: number) => new Date(minute * 60_000);
const after = (...values: number[]) =>
  values.reduce(
    (storage, freeBytes, index) => measured(storage, { freeBytes, at: at(index + 1) }, marks),
    newStorage(),
  );

test('writing stops below the lower mark and goes on from the higher one', () => {
  expect(after(7).state).toBe('free');
  expect(after(6.9)).toMatchObject({ state: 'held', since: at(1), freeBytes: 6.9 });
  expect(after(6.9, 8.9)).toMatchObject({ state: 'held', since: at(1), freeBytes: 8.9 });
  expect(after(6.9, 8.9, 9)).toMatchObject({ state: 'free', since: at(3) });
  expect(after(6.9, 9, 8).state).toBe('free');
});

test('a measurement that comes late changes nothing', () => {
  const storage = after(6, 6);
  expect(measured(storage, { freeBytes: 50, at: at(1) }, marks)).toBe(storage);
  expect(measured(storage, { freeBytes: 50, at: at(2) }, marks)).toBe(storage);
});

test('the newest forecast holds, none included', () => {
  const first = forecast(newStorage(), { daysUntilFull: 12, at: at(2) });
  expect(first).toMatchObject({ daysUntilFull: 12, forecastAt: at(2) });
  expect(forecast(first, { daysUntilFull: 3, at: at(1) })).toBe(first);
  expect(forecast(first, { daysUntilFull: null, at: at(3) }).daysUntilFull).toBeNull();
});
