import { type CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { FreeStorage, Reading } from '../../core/ports/storage.ts';

/** What RDS reports to CloudWatch of its instances: the least free space within each period. */
export class CloudWatchFreeStorage implements FreeStorage {
  readonly #client: CloudWatchClient | null;

  /** Null: there is nobody to ask, and there are no measurements. */
  constructor(client: CloudWatchClient | null) {
    this.#client = client;
  }

  async read(
    instance: string,
    { from, to, periodSeconds }: { from: Date; to: Date; periodSeconds: number },
  ): Promise<Reading[]> {
    if (this.#client === null) return [];
    const { MetricDataResults: [result] = [] } = await this.#client.send(
      new GetMetricDataCommand({
        StartTime: from,
        EndTime: to,
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [
          {
            Id: 'free',
            MetricStat: {
              Metric: {
                Namespace: 'AWS/RDS',
                MetricName: 'FreeStorageSpace',
                Dimensions: [{ Name: 'DBInstanceIdentifier', Value: instance }],
              },
              Period: periodSeconds,
              Stat: 'Minimum',
            },
          },
        ],
      }),
    );
    const { Timestamps = [], Values = [] } = result ?? {};
    return Timestamps.flatMap((at, index) => {
      const value = Values[index];
      return value === undefined ? [] : [{ at, value }];
    });
  }
}
