import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  paginateQuery,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import type { Job } from '../../contract/messages.ts';
import { RetryLater } from '../../core/model/errors.ts';
import { type Books, emptyBooks, type ReferenceOutcome } from '../../core/model/outcome.ts';
import type { Ledger, Sweep } from '../../core/ports.ts';

import { inParallel } from '../parallel.ts';
import { unlessRefused } from './conditional.ts';
import { expiry, jobKey, sweepKey } from './items.ts';

/** One letter per reference, in their order: a job of 500 stays within one write unit. */
const letters: Record<ReferenceOutcome, string> = {
  stored: 's',
  unchanged: 'u',
  gone: 'g',
  quarantined: 'q',
  parked: 'p',
  'dead-lettered': 'd',
};
const DEAD = letters['dead-lettered'];
/** No outcome yet. */
const NONE = '-';
const accounts: Record<string, keyof Books> = {
  s: 'stored',
  u: 'unchanged',
  g: 'gone',
  q: 'quarantined',
  p: 'parked',
  d: 'deadLettered',
};

/** Every lost race means that another writer of the same job won one, and a job has a handful of writers. */
const RACES = 20;
const WRITES_IN_FLIGHT = 16;

const sweepItem = z.object({
  sk: z.object({ S: z.string() }),
  marketplace: z.object({ S: z.string() }),
  mode: z.object({ S: z.enum(['sweep', 'refresh', 'discover']) }),
  startedAt: z.object({ S: z.iso.datetime() }),
  deadline: z.object({ S: z.iso.datetime() }),
  planned: z.object({ BOOL: z.boolean() }),
});
const jobItem = z.object({
  refs: z.object({ N: z.string().regex(/^\d+$/) }),
  outcomes: z.object({ S: z.string() }).optional(),
});

/** The ledger in the coordination table. Errors of the SDK, after its own retries, are thrown as they are. */
export class DynamoLedger implements Ledger {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#table = tableName;
  }

  async openSweep(sweep: Sweep): Promise<void> {
    const put = new PutItemCommand({
      TableName: this.#table,
      Item: {
        ...sweepKey(sweep.marketplace, sweep.sweepId),
        marketplace: { S: sweep.marketplace },
        mode: { S: sweep.mode },
        startedAt: { S: sweep.startedAt.toISOString() },
        deadline: { S: sweep.deadline.toISOString() },
        planned: { BOOL: sweep.planned },
        ttl: expiry(sweep.startedAt),
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    await this.#client.send(put).catch((error: unknown) => {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    });
  }

  async sweepPlanned(marketplace: string, sweepId: string): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: sweepKey(marketplace, sweepId),
        UpdateExpression: 'SET planned = :true',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':true': { BOOL: true } },
      }),
    );
  }

  async planJobs(jobs: readonly Job[]): Promise<void> {
    await inParallel(jobs, WRITES_IN_FLIGHT, async (job) => {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: jobKey(job.sweepId, job.jobNumber),
          UpdateExpression: 'SET refs = if_not_exists(refs, :refs), #ttl = if_not_exists(#ttl, :ttl)',
          ExpressionAttributeNames: { '#ttl': 'ttl' },
          ExpressionAttributeValues: {
            ':refs': { N: String(job.references.length) },
            ':ttl': expiry(new Date(job.slot)),
          },
        }),
      );
    });
  }

  /** Throws RetryLater for a job that is not in the ledger, because it was never planned or has expired. */
  async recordOutcomes(
    job: Pick<Job, 'sweepId' | 'jobNumber'>,
    outcomes: ReadonlyMap<number, ReferenceOutcome>,
  ): Promise<void> {
    // Mostly a job's first outcomes are its only ones: the first try needs no read.
    let known: string | null = null;
    for (let race = 0; race < RACES; race += 1) {
      const merged = merge(known ?? '', outcomes);
      if (merged === known) return;
      const refused = await this.#replaceOutcomes(job, known, merged);
      if (refused === null) return;
      if (refused.existing === null) {
        throw new RetryLater(`Job ${job.jobNumber} of ${job.sweepId} is not in the ledger.`);
      }
      known = jobItem.parse(refused.existing).outcomes?.S ?? null;
    }
    throw new RetryLater(`Job ${job.jobNumber} of ${job.sweepId}: ${RACES} other writers were faster.`);
  }

  async #replaceOutcomes(job: Pick<Job, 'sweepId' | 'jobNumber'>, known: string | null, merged: string) {
    const where = { TableName: this.#table, Key: jobKey(job.sweepId, job.jobNumber) };
    const update = new UpdateItemCommand({
      ...where,
      UpdateExpression: 'SET outcomes = :merged',
      ConditionExpression:
        known === null ? 'attribute_exists(refs) AND attribute_not_exists(outcomes)' : 'outcomes = :known',
      ExpressionAttributeValues: {
        ':merged': { S: merged },
        ...(known !== null && { ':known': { S: known } }),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return await unlessRefused(this.#client, where, () => this.#client.send(update));
  }

  async sweeps(marketplace: string, limit: number): Promise<Sweep[]> {
    const { Items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `SWEEPS#${marketplace}` } },
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return Items.map((raw) => {
      const item = sweepItem.parse(raw);
      return {
        sweepId: item.sk.S,
        marketplace: item.marketplace.S,
        mode: item.mode.S,
        startedAt: new Date(item.startedAt.S),
        deadline: new Date(item.deadline.S),
        planned: item.planned.BOOL,
      };
    });
  }

  async books(sweepId: string): Promise<Books> {
    const books = emptyBooks();
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :job)',
        ExpressionAttributeValues: { ':pk': { S: `SWEEP#${sweepId}` }, ':job': { S: 'JOB#' } },
        ProjectionExpression: 'refs, outcomes',
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages) for (const item of Items) add(books, item);
    return books;
  }
}

/** First outcomes stand; a dead letter that was redriven becomes what became of it. */
function merge(known: string, outcomes: ReadonlyMap<number, ReferenceOutcome>): string {
  const merged = [...known];
  for (const [index, outcome] of outcomes) {
    while (merged.length <= index) merged.push(NONE);
    if (merged[index] === NONE || merged[index] === DEAD) merged[index] = letters[outcome];
  }
  return merged.join('');
}

function add(books: Books, raw: Record<string, AttributeValue>): void {
  const job = jobItem.parse(raw);
  const references = Number(job.refs.N);
  books.dispatched += references;
  books.inFlight += references;
  for (const letter of job.outcomes?.S ?? '') {
    if (letter === NONE) continue;
    const account = accounts[letter];
    if (account === undefined) throw new Error(`The ledger has an unknown outcome "${letter}".`);
    books[account] += 1;
    books.inFlight -= 1;
  }
}
