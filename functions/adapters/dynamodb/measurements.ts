import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import type { Measurement, Measurements } from '../../core/ports/shared.ts';
import { freshnessKey } from './items.ts';

const instant = z.iso.datetime().transform((text) => new Date(text));
const measurementSchema = z.object({
  newestObservationAt: instant.nullable(),
  oldestConfirmationAt: instant.nullable(),
  confirmedLastDay: z.number().int().nonnegative(),
});

/** One item a marketplace in the coordination table, so that nobody has to read a whole database, or to reach one, to know. */
export class DynamoMeasurements implements Measurements {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async record(marketplace: string, { measuredAt, ...measured }: Measurement): Promise<void> {
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...freshnessKey(marketplace),
            measuredAt: { S: measuredAt.toISOString() },
            measured: { S: JSON.stringify(measured) },
          },
          ConditionExpression: 'attribute_not_exists(measuredAt) OR measuredAt < :at',
          ExpressionAttributeValues: { ':at': { S: measuredAt.toISOString() } },
        }),
      );
    } catch (error) {
      // A newer one is there, or this very one, by an attempt whose answer was lost.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  /** Marketplaces that have not been measured are left out. */
  async read(marketplaces: readonly string[]): Promise<Map<string, Measurement>> {
    const found = await Promise.all(
      marketplaces.map(async (marketplace): Promise<[string, Measurement][]> => {
        const { Item } = await this.#client.send(
          new GetItemCommand({ TableName: this.#table, Key: freshnessKey(marketplace) }),
        );
        if (Item === undefined) return [];
        const measured = measurementSchema.parse(JSON.parse(Item['measured']?.S ?? ''));
        return [[marketplace, { measuredAt: instant.parse(Item['measuredAt']?.S), ...measured }]];
      }),
    );
    return new Map(found.flat());
  }
}
