import { randomUUID } from 'node:crypto';
import { invalidParameter, modelledError } from './errors.ts';
import type { Queue } from './queue.ts';
import type { Sqs } from './sqs.ts';

export interface MoveTask {
  id: string;
  handle: string;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  sourceArn: string;
  destinationArn: string | null;
  perSecond: number | null;
  moved: number;
  toMove: number;
  failureReason: string | null;
  startedAt: number;
}

/** The highest rate that SQS allows; also what it is taken to choose by itself. */
export const maxMovesPerSecond = 500;
/** Moves closer together than this are done in groups. */
const leastTickMs = 5;

/** Redrives out of dead-letter queues (StartMessageMoveTask), at a rate per scaled second. */
export class MoveTasks {
  readonly #sqs: Sqs;
  readonly #tasks: MoveTask[] = [];

  constructor(sqs: Sqs) {
    this.#sqs = sqs;
  }

  /** Throws as AWS does: unknown queues, a source that is no queue's DLQ, a second task on one source. */
  start(sourceArn: string, destinationArn: string | null, perSecond: number | null): MoveTask {
    const source = this.#queue(sourceArn, 'SourceArn');
    if (destinationArn !== null) this.#queue(destinationArn, 'DestinationArn');
    if (this.#sqs.sourcesOf(source).length === 0) {
      throw invalidParameter('Source queue must be configured as a Dead Letter Queue.');
    }
    if (destinationArn === sourceArn) {
      throw invalidParameter('Source queue arn and destination queue arn cannot be the same.');
    }
    if (this.#tasks.some((task) => task.sourceArn === sourceArn && task.status === 'RUNNING')) {
      throw invalidParameter(
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      );
    }
    const id = randomUUID();
    const task: MoveTask = {
      id,
      handle: Buffer.from(JSON.stringify({ taskId: id, sourceArn })).toString('base64'),
      status: 'RUNNING',
      sourceArn,
      destinationArn,
      perSecond,
      moved: 0,
      toMove: source.visible,
      failureReason: null,
      startedAt: this.#sqs.now(),
    };
    this.#tasks.unshift(task);
    this.#tick(task);
    return task;
  }

  /** Newest first. */
  list(sourceArn: string, max: number): MoveTask[] {
    this.#queue(sourceArn, 'SourceArn');
    return this.#tasks.filter((task) => task.sourceArn === sourceArn).slice(0, max);
  }

  /** Stops a running task; what was moved stays moved. */
  cancel(handle: string): MoveTask {
    const named = readHandle(handle);
    if (named === null) throw invalidParameter('Value for parameter TaskHandle is invalid.');
    this.#queue(named.sourceArn, 'SourceArn');
    const task = this.#tasks.find(({ id, status }) => id === named.taskId && status === 'RUNNING');
    if (task === undefined) throw modelledError('ResourceNotFoundException', 'Task does not exist.');
    task.status = 'CANCELLED';
    return task;
  }

  /** Stops every task, as when the server closes. */
  stop(): void {
    for (const task of this.#tasks) if (task.status === 'RUNNING') task.status = 'CANCELLED';
  }

  #queue(arn: string, parameter: string): Queue {
    const queue = this.#sqs.byArn(arn);
    if (queue !== undefined) return queue;
    throw modelledError(
      'ResourceNotFoundException',
      `The resource that you specified for the ${parameter} parameter doesn't exist.`,
    );
  }

  #tick(task: MoveTask): void {
    const millisecondsEach = this.#sqs.scaled(1) / (task.perSecond ?? maxMovesPerSecond);
    this.#sqs.settings.time.after(Math.max(leastTickMs, millisecondsEach), () => {
      if (task.status !== 'RUNNING') return;
      const due = Math.floor((this.#sqs.now() - task.startedAt) / millisecondsEach);
      while (task.status === 'RUNNING' && task.moved < due) this.#moveOne(task);
      if (task.status === 'RUNNING') this.#tick(task);
    });
  }

  #moveOne(task: MoveTask): void {
    const source = this.#sqs.byArn(task.sourceArn);
    const held = source?.next();
    if (source !== undefined && (held === undefined || task.moved >= task.toMove)) {
      task.status = 'COMPLETED';
      return;
    }
    const targetArn = task.destinationArn ?? held?.message.deadLetterSourceArn ?? null;
    const target = targetArn === null ? undefined : this.#sqs.byArn(targetArn);
    if (source === undefined || held === undefined || target === undefined) {
      task.status = 'FAILED';
      task.failureReason =
        source !== undefined && targetArn === null
          ? 'CouldNotDetermineMessageSource'
          : 'AWS.SimpleQueueService.NonExistentQueue';
      return;
    }
    const message = source.remove(held);
    // A redriven message starts over: new id, new enqueue time, no receives.
    const restarted = { id: randomUUID(), sentAt: this.#sqs.now(), receiveCount: 0, firstReceivedAt: null };
    this.#sqs.send(target, { ...message, ...restarted, deadLetterSourceArn: null }, 0);
    this.#sqs.polls.notify(target);
    task.moved++;
    if (task.moved >= task.toMove) task.status = 'COMPLETED';
  }
}

function readHandle(handle: string): { taskId: string; sourceArn: string } | null {
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, 'base64').toString());
    return typeof taskId === 'string' && typeof sourceArn === 'string' ? { taskId, sourceArn } : null;
  } catch {
    return null;
  }
}
