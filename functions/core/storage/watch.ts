import { metric } from '../../contract/metrics.ts';
import type { Storage } from '../model/storage.ts';
import type { Clock, Log, Metrics } from '../ports/runtime.ts';
import type { Shared } from '../ports/shared.ts';
import type { FreeStorage } from '../ports/storage.ts';
import { msUntilFull } from './forecast.ts';
import { forecast, measured, type StorageMarks } from './machine.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** How often the disk is looked at: what is free at the mark lasts for hours. */
const MEASURE_MS = 5 * MINUTE_MS;
/** RDS reports every minute, and late. */
const LATEST_MS = 15 * MINUTE_MS;
/** How far back the pace is taken from. */
const PACE_MS = 7 * DAY_MS;

export interface StoragePorts {
  storages: Shared<Storage>;
  freeStorage: FreeStorage;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

/** The disk of one storage domain. */
export interface Disk extends StorageMarks {
  domain: string;
  /** Identifier of the database instance. */
  instance: string;
}

/**
 * Measures the disk when it is time, and forecasts once an hour. What cannot be measured leaves everything as it was: a disk
 * that nobody can measure is not full. Throws what the coordination table threw.
 */
export async function watchStorage(
  ports: StoragePorts,
  { timeScale }: { timeScale: number },
  disk: Disk,
): Promise<Storage> {
  const { storages, clock, metrics } = ports;
  const { domain } = disk;
  let storage = await storages.read(domain);
  const at = clock.now();
  const isOlder = (than: Date, ms: number) => at.getTime() - than.getTime() >= ms * timeScale;
  if (isOlder(storage.measuredAt, MEASURE_MS)) {
    const latest = (await readings(ports, disk, before(at, LATEST_MS * timeScale), at, 60)).at(-1);
    if (latest) storage = await hold(ports, disk, { freeBytes: latest.value, at: latest.at });
  }
  if (isOlder(storage.forecastAt, HOUR_MS)) {
    const past = await readings(ports, disk, before(at, PACE_MS * timeScale), at, 3_600);
    const ms = msUntilFull(past);
    const daysUntilFull = ms === null ? null : ms / (DAY_MS * timeScale);
    if (past.length > 0)
      storage = await storages.change(domain, (current) => forecast(current, { daysUntilFull, at }));
  }
  metrics.gauge(metric.storageHeld, storage.state === 'held' ? 1 : 0);
  if (storage.daysUntilFull !== null) metrics.gauge(metric.daysUntilFull, storage.daysUntilFull);
  return storage;
}

async function hold(
  { storages, log }: StoragePorts,
  disk: Disk,
  measurement: { freeBytes: number; at: Date },
): Promise<Storage> {
  const before = await storages.read(disk.domain);
  const next = await storages.change(disk.domain, (current) => measured(current, measurement, disk));
  if (next.state !== before.state)
    log.warn(next.state === 'held' ? 'The disk is nearly full' : 'The disk has room again', {
      domain: disk.domain,
      freeBytes: measurement.freeBytes,
      since: next.since,
    });
  return next;
}

async function readings(
  { freeStorage, log }: StoragePorts,
  { domain, instance }: Disk,
  from: Date,
  to: Date,
  periodSeconds: number,
) {
  try {
    return await freeStorage.read(instance, { from, to, periodSeconds });
  } catch (error) {
    log.warn('Free storage could not be read: what was last known holds', { domain, error });
    return [];
  }
}

function before(at: Date, ms: number): Date {
  return new Date(at.getTime() - ms);
}
