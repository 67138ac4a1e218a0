import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../local/aws/fault.ts';
import { withQueue } from './sqs-emulator.ts';
import { errorOf } from './sqs-target.ts';

describe('faults of the SQS emulator', () => {
  const failing = async (fault: Fault) => {
    let armed: string | null = null;
    const seen: (string | null)[][] = [];
    const queue = await withQueue({
      onRequest(operation, queueName) {
        seen.push([operation, queueName]);
        return operation === armed ? fault : undefined;
      },
    });
    return {
      ...queue,
      seen,
      arm: (operation: string | null) => {
        armed = operation;
      },
    };
  };

  it('names operation and queue of every request', async () => {
    const { send, receive, seen } = await failing({ fault: 'hang' });
    await send('x');
    await receive();
    expect(seen).toEqual([
      ['CreateQueue', 'jobs'],
      ['SendMessage', 'jobs'],
      ['ReceiveMessage', 'jobs'],
    ]);
  });

  it.each([
    ['RequestThrottled', 403, 'RequestThrottled'],
    ['OverLimit', 403, 'OverLimit'],
    ['InternalFailure', 500, 'InternalFailure'],
    ['ServiceUnavailable', 503, 'ServiceUnavailable'],
  ])('refuses with %s and status %i, without any effect', async (code, status, name) => {
    const { send, statistics, arm } = await failing({ fault: 'error', code, status });
    arm('SendMessage');
    expect(await errorOf(send('x'))).toMatchObject({ name, status });
    arm(null);
    expect(statistics()?.sent).toBe(0);
  });

  it('answers late', async () => {
    const { send, arm } = await failing({ fault: 'delay', milliseconds: 30 });
    arm('SendMessage');
    const started = performance.now();
    await send('x');
    expect(performance.now() - started).toBeGreaterThanOrEqual(29);
  });

  it('hangs until the client gives up, without any effect', async () => {
    const { sqs, client, statistics, arm } = await failing({ fault: 'hang' });
    arm('SendMessage');
    const send = new SendMessageCommand({ QueueUrl: sqs.queueUrl('jobs'), MessageBody: 'x' });
    const error = await errorOf(client.send(send, { abortSignal: AbortSignal.timeout(30) }));
    expect(['AbortError', 'TimeoutError']).toContain(error.name);
    expect(statistics()?.sent).toBe(0);
  });

  it('cuts the connection before the effect, or after it', async () => {
    for (const [fault, sent] of [
      ['reset', 0],
      ['lose-response', 1],
    ] as const) {
      const { send, statistics, arm } = await failing({ fault });
      arm('SendMessage');
      await expect(send('x')).rejects.toThrow(/hang up|ECONNRESET|aborted/);
      expect(statistics()?.sent).toBe(sent);
    }
  });

  it('accepts a part of a batch', async () => {
    const { sqs, client, statistics, arm } = await failing({
      fault: 'refuse-entries',
      refuses: (_id, index) => index % 2 === 1,
      code: 'InternalError',
    });
    arm('SendMessageBatch');
    const Entries = ['a', 'b', 'c'].map((Id) => ({ Id, MessageBody: Id }));
    const result = await client.send(
      new SendMessageBatchCommand({ QueueUrl: sqs.queueUrl('jobs'), Entries }),
    );
    expect(result.Successful?.map(({ Id }) => Id)).toEqual(['a', 'c']);
    expect(result.Failed).toEqual([
      { Id: 'b', SenderFault: false, Code: 'InternalError', Message: 'Refused by a drill.' },
    ]);
    expect(statistics()?.sent).toBe(2);
  });
});
