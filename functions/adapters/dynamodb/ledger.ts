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
import { type Books, emptyBooks, type ReferenceOutcome } from '../../core/model/outcome.ts';
import type { Ledger, Sweep } from '../../core/ports.ts';
import { inParallel } from '../parallel.ts';
import { expiry, type Item, jobKey, sweepKey } from './items.ts';

/** One letter per reference keeps a job of 500 references below 4 KB, so that a write costs few capacity units. */
const letters: Record<ReferenceOutcome, string> = {
  stored: 's',
  unchanged: 'u',
  gone: 'g',
  quarantined: 'q',
  parked: 'p',
  'dead-lettered': 'd',
};
const accounts: Record<string, keyof Books> = {
  s: 'stored',
  u: 'unchanged',
  g: 'gone',
  q: 'quarantined',
  p: 'parked',
  d: 'deadLettered',
};

/** DynamoDB takes 4,096 bytes of expression; one `#o.#499=if_not_exists(#o.#499,:s),` has 34. */
const INDEXES_PER_UPDATE = 100;
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
  outcomes: z.object({ M: z.record(z.string(), z.object({ S: z.string() })) }),
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
          UpdateExpression:
            'SET refs = if_not_exists(refs, :refs), outcomes = if_not_exists(outcomes, :none), #ttl = if_not_exists(#ttl, :ttl)',
          ExpressionAttributeNames: { '#ttl': 'ttl' },
          ExpressionAttributeValues: {
            ':refs': { N: String(job.references.length) },
            ':none': { M: {} },
            ':ttl': expiry(new Date(job.slot)),
          },
        }),
      );
    });
  }

  /** Throws ConditionalCheckFailedException for a job that was never planned, or whose item has expired. */
  async recordOutcomes(
    job: Pick<Job, 'sweepId' | 'jobNumber'>,
    outcomes: ReadonlyMap<number, ReferenceOutcome>,
  ): Promise<void> {
    const entries = [...outcomes];
    for (let start = 0; start < entries.length; start += INDEXES_PER_UPDATE) {
      await this.#record(job, entries.slice(start, start + INDEXES_PER_UPDATE));
    }
  }

  async #record(
    job: Pick<Job, 'sweepId' | 'jobNumber'>,
    entries: readonly (readonly [number, ReferenceOutcome])[],
  ): Promise<void> {
    const names: Record<string, string> = { '#o': 'outcomes' };
    const values: Item = {};
    const clauses = entries.map(([index, outcome]) => {
      const letter = letters[outcome];
      names[`#${index}`] = String(index);
      values[`:${letter}`] = { S: letter };
      return `#o.#${index}=if_not_exists(#o.#${index},:${letter})`;
    });
    const { Attributes } = await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#table,
        Key: jobKey(job.sweepId, job.jobNumber),
        UpdateExpression: `SET ${clauses.join(',')}`,
        ConditionExpression: 'attribute_exists(#o)',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
        ReturnValues: 'UPDATED_OLD',
      }),
    );
    const before = Attributes?.['outcomes']?.M;
    for (const [index, outcome] of entries) {
      if (before?.[index]?.S === letters['dead-lettered'] && outcome !== 'dead-lettered') {
        await this.#resurrect(job, index, outcome);
      }
    }
  }

  /** A redriven dead letter: what became of it replaces the `d`, and nothing else. */
  async #resurrect(
    job: Pick<Job, 'sweepId' | 'jobNumber'>,
    index: number,
    outcome: ReferenceOutcome,
  ): Promise<void> {
    const update = new UpdateItemCommand({
      TableName: this.#table,
      Key: jobKey(job.sweepId, job.jobNumber),
      UpdateExpression: 'SET #o.#i = :new',
      ConditionExpression: '#o.#i = :dead',
      ExpressionAttributeNames: { '#o': 'outcomes', '#i': String(index) },
      ExpressionAttributeValues: {
        ':new': { S: letters[outcome] },
        ':dead': { S: letters['dead-lettered'] },
      },
    });
    await this.#client.send(update).catch((error: unknown) => {
      // Another delivery of the same job was faster: its outcome stands.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    });
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

function add(books: Books, raw: Record<string, AttributeValue>): void {
  const job = jobItem.parse(raw);
  const outcomes = Object.values(job.outcomes.M);
  for (const { S: letter } of outcomes) {
    const account = accounts[letter];
    if (account === undefined) throw new Error(`The ledger has an unknown outcome "${letter}".`);
    books[account] += 1;
  }
  books.dispatched += Number(job.refs.N);
  books.inFlight += Number(job.refs.N) - outcomes.length;
}
