import { ConditionalCheckFailedException, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createMetrics } from '../../functions/adapters/telemetry.ts';
import { countFailures, timeStatement } from '../../functions/adapters/vitals.ts';
import { metricsIn } from '../functions/retail-environment.ts';

const printed: unknown[] = [];
beforeEach(() => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  printed.length = 0;
  vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(line));
});
const reported = (service: string, dimension: { marketplace: string } | { domain: string }) => {
  printed.length = 0;
  createMetrics(service, dimension).flush();
  return metricsIn(printed);
};

describe('what an environment knows of itself', () => {
  it('is its memory, for the services of which the catalogue says so, and for no other', () => {
    expect(reported('scrape', { marketplace: 'uzum' })['MemoryUsedMegabytes']).toBeGreaterThan(10);
    expect(reported('dispatch', { marketplace: 'uzum' })).not.toHaveProperty('MemoryUsedMegabytes');
  });

  it('is the calls to the coordination table that failed, each reported once; a condition that does not hold is none', async () => {
    const answers: Error[] = [
      new Error('away'),
      new ConditionalCheckFailedException({ message: 'taken', $metadata: {} }),
      new Error('away again'),
    ];
    const client = countFailures(
      new DynamoDBClient({
        region: 'eu-central-1',
        credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
        maxAttempts: 1,
        requestHandler: { handle: async () => Promise.reject(answers.shift()) },
      }),
    );
    for (let call = 0; call < 3; call += 1)
      await expect(client.send(new GetItemCommand({ TableName: 't', Key: {} }))).rejects.toThrow();
    expect(reported('dispatch', { marketplace: 'uzum' })['CoordinationErrors']).toBe(2);
    expect(reported('dispatch', { marketplace: 'uzum' })).not.toHaveProperty('CoordinationErrors');
  });

  it('is its slowest statement since the last report, whether it failed or not', async () => {
    vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValueOnce(40);
    await timeStatement(Promise.resolve());
    vi.spyOn(performance, 'now').mockReturnValueOnce(100).mockReturnValueOnce(175);
    await expect(timeStatement(Promise.reject(new Error('cancelled')))).rejects.toThrow('cancelled');
    expect(reported('store', { domain: 'ecommerce' })['SlowestStatementMilliseconds']).toBe(75);
    expect(reported('store', { domain: 'ecommerce' })).not.toHaveProperty('SlowestStatementMilliseconds');
  });
});
