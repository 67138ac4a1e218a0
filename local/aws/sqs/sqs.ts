import type { QueueStatistics } from '../../interfaces.ts';
import type { Time } from '../time.ts';
import { invalidParameter, modelledError, noSuchQueue } from './errors.ts';
import { LongPolls } from './long-polls.ts';
import type { Message } from './message.ts';
import type { Queue } from './queue.ts';

export interface SqsSettings {
  region: string;
  accountId: string;
  /** Multiplies what the cloud waits for: 0.1 makes a visibility timeout of 30 seconds last three. */
  timeScale: number;
  time: Time;
  /** Base of the queue URLs. */
  url: string;
}

/** The queues of one account in one region, and the rules that span several of them. */
export class Sqs {
  readonly settings: SqsSettings;
  readonly queues = new Map<string, Queue>();
  readonly polls: LongPolls;
  readonly #deletedAt = new Map<string, number>();

  constructor(settings: SqsSettings) {
    this.settings = settings;
    this.polls = new LongPolls(this);
  }

  now(): number {
    return this.settings.time.now();
  }

  /** Real milliseconds of so many seconds of the cloud. */
  scaled(seconds: number): number {
    return seconds * 1000 * this.settings.timeScale;
  }

  arn(name: string): string {
    return `arn:aws:sqs:${this.settings.region}:${this.settings.accountId}:${name}`;
  }

  queueUrl(name: string): string {
    return `${this.settings.url}/${this.settings.accountId}/${name}`;
  }

  /** The settled queue of that name, or undefined. */
  named(name: string): Queue | undefined {
    const queue = this.queues.get(name);
    queue?.settle(this.now(), this.scaled(queue.attributes.retentionSeconds));
    return queue;
  }

  byArn(arn: string): Queue | undefined {
    const name = arn.slice(arn.lastIndexOf(':') + 1);
    return arn === this.arn(name) ? this.named(name) : undefined;
  }

  /** Throws QueueDoesNotExist, or InvalidAddress for what is no queue URL. The host does not matter, as in AWS. */
  byUrl(queueUrl: string): Queue {
    const [, account, name] = /^https?:\/\/[^/]+\/(\d{12})\/([^/]+)$/.exec(queueUrl) ?? [];
    if (account === undefined || name === undefined) {
      throw modelledError('InvalidAddress', `The address ${queueUrl} is not valid for this endpoint.`);
    }
    const queue = account === this.settings.accountId ? this.named(name) : undefined;
    if (queue === undefined) throw noSuchQueue();
    return queue;
  }

  /** Throws QueueDeletedRecently within 60 (scaled) seconds of a deletion. */
  add(queue: Queue): void {
    const deletedAt = this.#deletedAt.get(queue.name);
    if (deletedAt !== undefined && this.now() < deletedAt + this.scaled(60)) {
      throw modelledError(
        'QueueDeletedRecently',
        'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
      );
    }
    this.queues.set(queue.name, queue);
  }

  /** Waiting receives of the queue end with QueueDoesNotExist. */
  delete(queue: Queue): void {
    this.queues.delete(queue.name);
    this.#deletedAt.set(queue.name, this.now());
    this.polls.abandon(queue);
  }

  /** The queues whose redrive policy names this one. */
  sourcesOf(deadLetterQueue: Queue): Queue[] {
    return [...this.queues.values()].filter(
      (queue) => queue.attributes.redrivePolicy?.deadLetterTargetArn === deadLetterQueue.arn,
    );
  }

  /** Throws InvalidParameterValue when the redrive policy of a queue with this ARN names no queue that takes it. */
  checkRedrivePolicy(sourceArn: string, attributes: Queue['attributes']): void {
    const target = attributes.redrivePolicy?.deadLetterTargetArn;
    if (target === undefined) return;
    const deadLetterQueue = target === sourceArn ? undefined : this.byArn(target);
    const refuse = (reason: string) =>
      invalidParameter(
        `Value ${attributes.texts['RedrivePolicy']} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
      );
    if (deadLetterQueue === undefined) throw refuse('Dead letter target does not exist.');
    const allow = deadLetterQueue.attributes.redriveAllowPolicy;
    if (
      allow?.redrivePermission === 'denyAll' ||
      (allow?.redrivePermission === 'byQueue' && !allow.sourceQueueArns.includes(sourceArn))
    ) {
      throw refuse('Queue is not allowed by the redrive allow policy of the dead letter target.');
    }
  }

  /** Adds a message that was sent. The caller notifies the polls once its whole request is done. */
  send(queue: Queue, message: Message, delaySeconds: number): void {
    queue.add(message, this.now(), this.scaled(delaySeconds));
    queue.sent++;
  }

  /**
   * Moves a message that was received too often. It keeps its id, its sent time and its receive count, and does not count
   * as sent, as in AWS.
   */
  deadLetter(source: Queue, target: Queue, message: Message): void {
    message.deadLetterSourceArn = source.arn;
    target.add(message, this.now(), 0);
    this.polls.notify(target);
  }

  statistics(): Record<string, QueueStatistics> {
    const statistics: Record<string, QueueStatistics> = {};
    for (const name of this.queues.keys()) {
      const queue = this.named(name);
      if (queue === undefined) continue;
      const oldest = queue.oldestArrival();
      statistics[name] = {
        visible: queue.visible,
        inFlight: queue.inFlight,
        delayed: queue.delayed,
        oldestAgeSeconds: oldest === undefined ? 0 : (this.now() - oldest) / this.scaled(1),
        sent: queue.sent,
        received: queue.received,
        deleted: queue.deleted,
      };
    }
    return statistics;
  }
}
