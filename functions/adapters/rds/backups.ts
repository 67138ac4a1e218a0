import { DescribeDBInstancesCommand, type RDSClient } from '@aws-sdk/client-rds';
import type { Backups } from '../../core/ports/storage.ts';

/** What RDS says of an instance's automated backups. */
export class RdsBackups implements Backups {
  readonly #client: RDSClient;

  constructor(client: RDSClient) {
    this.#client = client;
  }

  async restorableUntil(instance: string): Promise<Date | null> {
    const { DBInstances: [found] = [] } = await this.#client.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: instance }),
    );
    return found?.LatestRestorableTime ?? null;
  }
}
