import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { ConfigurationError } from '../../core/model/errors.ts';
import type { QueueDepth } from '../../core/ports.ts';

/** Messages waiting, in flight and delayed, as SQS estimates them. */
export async function depthOf(client: SQSClient, url: string): Promise<number> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
}

/** Snapshots queues, by the marketplaces whose visits go through them. */
export class SqsDepths implements QueueDepth {
  readonly #client: SQSClient;
  readonly #urls: Readonly<Record<string, string>>;

  constructor(client: SQSClient, urls: Readonly<Record<string, string>>) {
    this.#client = client;
    this.#urls = urls;
  }

  async depth(marketplace: string): Promise<number> {
    const url = this.#urls[marketplace];
    if (url !== undefined) return await depthOf(this.#client, url);
    throw new ConfigurationError([`SNAPSHOTS_QUEUE_URLS has no entry for the marketplace "${marketplace}".`]);
  }
}
