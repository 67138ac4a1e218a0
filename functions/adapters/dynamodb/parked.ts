import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { StopMarketplace } from '../../core/model/errors.ts';
import { referenceSchema } from '../../core/model/reference.ts';
import type { Parked, ParkedReferences } from '../../core/ports/parked.ts';
import { inParallel } from '../parallel.ts';
import { expiry, parkedKey } from './items.ts';

const DELETES_IN_FLIGHT = 16;
const references = z.array(referenceSchema).min(1);
const sortKey = z.tuple([z.iso.datetime(), z.string().min(1), z.coerce.number().int(), z.string().min(1)]);

/** Parked references in the coordination table; the id of an entry is its sort key, which starts with the due time. */
export class DynamoParkedReferences implements ParkedReferences {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async park(parked: Parameters<ParkedReferences['park']>[0]): Promise<string> {
    const { marketplace, job, dueAt, reason } = parked;
    // Entries of one due time come in the order in which they were planned.
    const number = String(job.jobNumber).padStart(8, '0');
    const id = `${dueAt.toISOString()}#${job.sweepId}#${number}#${reason}`;
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#table,
        Item: {
          ...parkedKey(marketplace, id),
          references: { S: JSON.stringify(parked.references) },
          ttl: expiry(dueAt),
        },
      }),
    );
    return id;
  }

  async due(marketplace: string, now: Date, limit: number): Promise<Parked[]> {
    const found: Parked[] = [];
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        KeyConditionExpression: 'pk = :pk AND sk < :after',
        ExpressionAttributeValues: {
          ':pk': { S: `PARKED#${marketplace}` },
          // `$` follows `#`, so that an entry that is due in this very millisecond is included.
          ':after': { S: `${now.toISOString()}$` },
        },
        ConsistentRead: true,
        Limit: limit,
      },
    );
    for await (const { Items = [] } of pages) {
      found.push(...Items.map((item) => decode(marketplace, item)));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }

  async remove(marketplace: string, ids: readonly string[]): Promise<void> {
    await inParallel(ids, DELETES_IN_FLIGHT, async (id) => {
      await this.#client.send(
        new DeleteItemCommand({ TableName: this.#table, Key: parkedKey(marketplace, id) }),
      );
    });
  }
}

/** References must not vanish because one entry is damaged: whoever reads it stops and says which. */
function decode(marketplace: string, item: Record<string, AttributeValue>): Parked {
  const id = item['sk']?.S ?? '';
  try {
    const [, sweepId, jobNumber, reason] = sortKey.parse(id.split('#'));
    return {
      id,
      job: { sweepId, jobNumber },
      reason,
      references: references.parse(JSON.parse(item['references']?.S ?? '')),
    };
  } catch (cause) {
    throw new StopMarketplace(`The parked entry "${id}" of ${marketplace} cannot be read.`, { cause });
  }
}
