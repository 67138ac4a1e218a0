import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  paginateQuery,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Job } from '../../contract/messages.ts';
import { RetryLater } from '../../core/model/errors.ts';
import { type Books, emptyBooks, type Gap, type ReferenceOutcome } from '../../core/model/outcome.ts';
import type { Ledger, LedgerJob, Sweep } from '../../core/ports/ledger.ts';
import { inParallel } from '../parallel.ts';
import { unlessRefused } from './conditional.ts';
import { expiry, jobKey, sweepKey } from './items.ts';
import { encodeReferences } from './job-references.ts';
import {
  addJob,
  corrected,
  decodeJob,
  decodeSweep,
  encodeSweep,
  merge,
  reopened,
  storedOutcomes,
} from './ledger-items.ts';

/** Every lost race means that another writer of the same job won one, and a job has a handful of writers. */
const RACES = 20;
const WRITES_IN_FLIGHT = 16;

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
      Item: encodeSweep(sweep),
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

  async planJobs(jobs: readonly Job[], at: Date): Promise<Job[]> {
    const planned = new Map<Job, Job>();
    await inParallel(jobs, WRITES_IN_FLIGHT, async (job) => {
      planned.set(job, await this.#planJob(job, at));
    });
    return jobs.map((job) => planned.get(job) ?? job);
  }

  async #planJob(job: Job, at: Date): Promise<Job> {
    const where = { TableName: this.#table, Key: jobKey(job.sweepId, job.jobNumber) };
    const what = encodeReferences(job.references);
    const update = new UpdateItemCommand({
      ...where,
      UpdateExpression:
        'SET refs = if_not_exists(refs, :refs), what = :what, plannedAt = if_not_exists(plannedAt, :at), sentAt = :at, #ttl = if_not_exists(#ttl, :ttl)',
      ConditionExpression: 'attribute_not_exists(refs) OR what = :what',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: {
        ':refs': { N: String(job.references.length) },
        ':what': { S: what },
        ':at': { S: at.toISOString() },
        ':ttl': expiry(new Date(job.slot)),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const refused = await unlessRefused(this.#client, where, () => this.#client.send(update));
    // Planned before as something else (the size of jobs was changed in between): outcomes are entered by place, so what the
    // books say is what is dispatched.
    return (refused?.existing && decodeJob(job, refused.existing).job) ?? job;
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
      known = storedOutcomes(refused.existing);
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

  async correct(
    entry: LedgerJob,
    corrections: ReadonlyMap<number, ReferenceOutcome | Gap>,
  ): Promise<boolean> {
    const merged = corrected(entry.asRead ?? '', corrections);
    const refused = await this.#replaceOutcomes(entry, entry.asRead, merged);
    return refused === null || (refused.existing !== null && storedOutcomes(refused.existing) === merged);
  }

  async repeat(entry: LedgerJob, at: Date): Promise<boolean> {
    const where = { TableName: this.#table, Key: jobKey(entry.sweepId, entry.jobNumber) };
    const update = new UpdateItemCommand({
      ...where,
      UpdateExpression: 'SET outcomes = :reopened, sentAt = :at, repeats = :repeats',
      // Not the outcomes alone: another detector may have dispatched the job, and the audit found the same gaps, in between.
      ConditionExpression: 'outcomes = :known AND (attribute_not_exists(repeats) OR repeats < :repeats)',
      ExpressionAttributeValues: {
        ':known': { S: entry.asRead ?? '' },
        ':reopened': { S: reopened(entry.asRead ?? '') },
        ':at': { S: at.toISOString() },
        ':repeats': { N: String(entry.repeats + 1) },
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    // A write of ours whose answer was lost counts as refused: nothing is sent, and the audit finds the gaps once more.
    return (await unlessRefused(this.#client, where, () => this.#client.send(update))) === null;
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
    return Items.map(decodeSweep);
  }

  async *jobs(
    sweep: Pick<Sweep, 'marketplace' | 'sweepId'>,
    after: number | null,
  ): AsyncGenerator<LedgerJob, void, undefined> {
    const pages = this.#jobPages(
      sweep.sweepId,
      after,
      'sk, refs, what, outcomes, plannedAt, sentAt, repeats',
    );
    for await (const { Items = [] } of pages) for (const item of Items) yield decodeJob(sweep, item);
  }

  async books(sweepId: string): Promise<Books> {
    const books = emptyBooks();
    const pages = this.#jobPages(sweepId, null, 'refs, outcomes');
    for await (const { Items = [] } of pages) for (const item of Items) addJob(books, item);
    return books;
  }

  #jobPages(sweepId: string, after: number | null, attributes: string) {
    const { pk = { S: '' }, sk = { S: '' } } = jobKey(sweepId, (after ?? -1) + 1);
    return paginateQuery(
      { client: this.#client },
      {
        TableName: this.#table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: {
          ':pk': pk,
          ':first': sk,
          ':last': { S: 'JOB#~' },
        },
        ProjectionExpression: attributes,
        ConsistentRead: true,
      },
    );
  }
}
