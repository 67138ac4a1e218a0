import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { ConfigurationError } from '../../core/model/errors.ts';
import type { QueueDepth } from '../../core/ports/queues.ts';

export interface QueueCounts {
  /** Free to be received. */
  readonly waiting: number;
  readonly inFlight: number;
  /** Not to be received yet. */
  readonly delayed: number;
}

/** Messages of a queue, as SQS estimates them. */
export async function countsOf(client: SQSClient, url: string): Promise<QueueCounts> {
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
  return {
    waiting: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
    inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
    delayed: Number(Attributes['ApproximateNumberOfMessagesDelayed'] ?? 0),
  };
}

/** All messages of a queue, whatever their state. */
export async function depthOf(client: SQSClient, url: string): Promise<number> {
  const { waiting, inFlight, delayed } = await countsOf(client, url);
  return waiting + inFlight + delayed;
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
