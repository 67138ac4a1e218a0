import type { Storage } from '../model/storage.ts';

/** Of what was allocated at first, in bytes: see lib/config/checks.ts for what is between them. */
export interface StorageMarks {
  /** Below this nothing is written. */
  holdBytes: number;
  /** From this on it is written again. */
  resumeBytes: number;
}

/** A measurement of the disk replaces the one before. What lies between the marks changes nothing: it could be either. */
export function measured(
  storage: Storage,
  { freeBytes, at }: { freeBytes: number; at: Date },
  { holdBytes, resumeBytes }: StorageMarks,
): Storage {
  if (at <= storage.measuredAt) return storage;
  const next = { ...storage, freeBytes, measuredAt: at };
  if (storage.state === 'free' && freeBytes < holdBytes) return { ...next, state: 'held', since: at };
  if (storage.state === 'held' && freeBytes >= resumeBytes) return { ...next, state: 'free', since: at };
  return next;
}

export function forecast(
  storage: Storage,
  { daysUntilFull, at }: { daysUntilFull: number | null; at: Date },
): Storage {
  return at <= storage.forecastAt ? storage : { ...storage, daysUntilFull, forecastAt: at };
}
