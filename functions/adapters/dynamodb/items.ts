import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** Keys of the coordination table (docs/architecture.md), and what every item of it has. */
export type Item = Record<string, AttributeValue>;

export const cursorKey = (marketplace: string, mode: string): Item => ({
  pk: { S: `CURSOR#${marketplace}` },
  sk: { S: mode },
});
export const sweepKey = (marketplace: string, sweepId: string): Item => ({
  pk: { S: `SWEEPS#${marketplace}` },
  sk: { S: sweepId },
});
export const jobKey = (sweepId: string, jobNumber: number): Item => ({
  pk: { S: `SWEEP#${sweepId}` },
  sk: { S: `JOB#${String(jobNumber).padStart(8, '0')}` },
});
export const parkedKey = (marketplace: string, id: string): Item => ({
  pk: { S: `PARKED#${marketplace}` },
  sk: { S: id },
});
export const gateKey = (marketplace: string): Item => ({
  pk: { S: `GATE#${marketplace}` },
  sk: { S: 'gate' },
});
export const breakerKey = (domain: string): Item => ({
  pk: { S: `BREAKER#${domain}` },
  sk: { S: 'breaker' },
});
export const storageKey = (domain: string): Item => ({
  pk: { S: `STORAGE#${domain}` },
  sk: { S: 'storage' },
});
export const pauseKey = (domain: string): Item => ({
  pk: { S: `PAUSE#${domain}` },
  sk: { S: 'pause' },
});
export const paceKey = (marketplace: string): Item => ({
  pk: { S: `PACE#${marketplace}` },
  sk: { S: 'pace' },
});
export const freshnessKey = (marketplace: string): Item => ({
  pk: { S: `FRESHNESS#${marketplace}` },
  sk: { S: 'freshness' },
});
export const failureKey = (queue: string, messageId: string): Item => ({
  pk: { S: `FAILURE#${queue}` },
  sk: { S: messageId },
});

export const roundKey = (marketplace: string): Item => ({
  pk: { S: `ROUND#${marketplace}` },
  sk: { S: 'round' },
});
export const clearanceKey = (marketplace: string): Item => ({
  pk: { S: `CLEARANCE#${marketplace}` },
  sk: { S: 'clearance' },
});

const RETENTION_SECONDS = 90 * 24 * 3600;

/** 90 days after `from`, as epoch seconds: as long as the price history that the item accounts for stays in Postgres. */
export function expiry(from: Date): AttributeValue {
  return { N: String(Math.floor(from.getTime() / 1000) + RETENTION_SECONDS) };
}
