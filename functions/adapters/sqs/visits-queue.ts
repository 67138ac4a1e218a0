import type { SQSClient } from '@aws-sdk/client-sqs';
import { maxMessageBytes, type Visit, type VisitsMessage } from '../../contract/messages.ts';
import type { Reference } from '../../core/model/reference.ts';
import type { Sent, VisitsQueue } from '../../core/ports/queues.ts';
import { type Entry, sendAll } from './send.ts';

/** The snapshots queue of the marketplace's storage domain. */
export class SqsVisitsQueue implements VisitsQueue {
  readonly #client: SQSClient;
  readonly #url: string;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.#url = url;
  }

  async send(message: VisitsMessage, withinMs?: number): Promise<Sent<VisitsMessage>> {
    return await sendAll(this.#client, this.#url, cutBySize(message, maxMessageBytes), { withinMs });
  }
}

/**
 * The message in parts of at most `limit` UTF-8 bytes, each visit serialized once. A visit that is larger by itself is
 * a part of its own; a message without visits and discoveries is no part at all.
 */
export function cutBySize(message: VisitsMessage, limit: number): Entry<VisitsMessage>[] {
  const { visits, discovered, ...job } = message;
  const head = JSON.stringify(job).slice(0, -1);
  const overhead = Buffer.byteLength(head) + ',"visits":[],"discovered":[]}'.length;
  const entries: Entry<VisitsMessage>[] = [];
  let part = empty();

  function empty() {
    const texts = { visits: [] as string[], discovered: [] as string[] };
    return { visits: [] as Visit[], discovered: [] as Reference[], texts, bytes: overhead };
  }
  function flush(): void {
    if (part.bytes === overhead) return;
    const { texts, bytes } = part;
    entries.push({
      message: { ...job, visits: part.visits, discovered: part.discovered },
      body: bodyOf(head, texts),
      bytes,
    });
    part = empty();
  }
  /** Makes room for the element in the current part, or in a new one, and returns its text. */
  function sized(element: Visit | Reference): string {
    const text = JSON.stringify(element);
    const bytes = Buffer.byteLength(text) + 1;
    if (part.bytes + bytes > limit) flush();
    part.bytes += bytes;
    return text;
  }

  for (const visit of visits) {
    const text = sized(visit);
    part.texts.visits.push(text);
    part.visits.push(visit);
  }
  for (const reference of discovered) {
    const text = sized(reference);
    part.texts.discovered.push(text);
    part.discovered.push(reference);
  }
  flush();
  return entries;
}

/** One copy of the large text: what is put together in steps is copied again when it is first read. */
function bodyOf(head: string, { visits, discovered }: { visits: string[]; discovered: string[] }): string {
  const list = visits.flatMap((text, place) => (place === 0 ? [text] : [',', text]));
  return [`${head},"visits":[`, ...list, `],"discovered":[${discovered.join()}]}`].join('');
}
