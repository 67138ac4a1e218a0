import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CloudWatchFreeStorage } from '../../../functions/adapters/cloudwatch/free-storage.ts';
import { type CloudWatchServer, startCloudWatch } from '../../../local/aws/cloudwatch.ts';
import type { Fault } from '../../../local/aws/fault.ts';
import { MetricCollector } from '../../../local/metrics/collector.ts';

/** An hour takes 36 seconds, a minute the second that is the least. */
const timeScale = 0.01;
const minuteMs = 1_000;
let fault: Fault | undefined;
let server: CloudWatchServer;
let client: CloudWatchClient;
const now = Math.floor(Date.now() / 36_000) * 36_000;
const range = (fromMs: number, periodSeconds: number) => ({
  from: new Date(now - fromMs),
  to: new Date(now + 1),
  periodSeconds,
});

beforeAll(async () => {
  server = await startCloudWatch({ timeScale, onRequest: () => fault });
  client = new CloudWatchClient({
    endpoint: server.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await server.close();
});
const read = (instance: string, fromMs: number, periodSeconds: number) =>
  new CloudWatchFreeStorage(client).read(instance, range(fromMs, periodSeconds));

test('there is nothing to read before there are values', async () => {
  expect(await read('shops', 10 * minuteMs, 60)).toEqual([]);
});

test('the least of each period that has a value comes back, in order of time, of this instance alone', async () => {
  const metrics = new MetricCollector({ timeScale });
  const put = (instance: string, agoMs: number, value: number) =>
    metrics.put('AWS/RDS', 'FreeStorageSpace', { DBInstanceIdentifier: instance }, value, now - agoMs);
  for (const [ago, value] of [
    [3, 50],
    [1, 30],
    [1, 20],
    [1, 40],
  ] as const)
    put('shops', ago * minuteMs, value);
  put('other', minuteMs, 1);
  put('shops', 100 * 36_000, 99);
  server.connect(metrics);
  expect(await read('shops', 10 * minuteMs, 60)).toEqual([
    { at: new Date(now - 3 * minuteMs), value: 50 },
    { at: new Date(now - minuteMs), value: 20 },
  ]);
  expect(await read('shops', 36_000, 3_600)).toEqual([{ at: new Date(now - 36_000), value: 20 }]);
});

test('an answer of a drill comes through as the service’s error', async () => {
  fault = { fault: 'error', code: 'ThrottlingException', status: 400, message: 'Rate exceeded' };
  await expect(read('shops', minuteMs, 60)).rejects.toMatchObject({ name: 'ThrottlingException' });
});
