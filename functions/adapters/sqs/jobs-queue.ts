import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Job } from '../../contract/messages.ts';
import { ConfigurationError } from '../../core/model/errors.ts';
import type { JobsQueue, Sent } from '../../core/ports/queues.ts';
import { depthOf } from './depths.ts';
import { sendAll } from './send.ts';

/** One jobs queue per marketplace, by URL. */
export class SqsJobsQueue implements JobsQueue {
  readonly #client: SQSClient;
  readonly #urls: Readonly<Record<string, string>>;

  constructor(client: SQSClient, urls: Readonly<Record<string, string>>) {
    this.#client = client;
    this.#urls = urls;
  }

  async backlog(marketplace: string): Promise<number> {
    return await depthOf(this.#client, this.#url(marketplace));
  }

  async send(marketplace: string, jobs: readonly Job[]): Promise<Sent<Job>> {
    const entries = jobs.map((job) => {
      const body = JSON.stringify(job);
      return { message: job, body, bytes: Buffer.byteLength(body) };
    });
    return await sendAll(this.#client, this.#url(marketplace), entries);
  }

  #url(marketplace: string): string {
    const url = this.#urls[marketplace];
    if (url === undefined) {
      throw new ConfigurationError([`JOBS_QUEUE_URLS has no entry for the marketplace "${marketplace}".`]);
    }
    return url;
  }
}
