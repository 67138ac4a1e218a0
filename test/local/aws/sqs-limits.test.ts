import { describe, expect, it } from 'vitest';
import { newMessage } from '../../../local/aws/sqs/message.ts';
import { maxInFlight, Queue } from '../../../local/aws/sqs/queue.ts';
import { newAttributes } from '../../../local/aws/sqs/queue-attributes.ts';
import { Sqs } from '../../../local/aws/sqs/sqs.ts';
import { ManualTime } from './manual-time.ts';

describe('the limit of messages in flight', () => {
  it('is 120,000 a queue: a short poll then fails with OverLimit, and a delete makes room', async () => {
    const time = new ManualTime();
    const sqs = new Sqs({
      region: 'eu-central-1',
      accountId: '000000000000',
      timeScale: 1,
      time,
      url: 'http://127.0.0.1:1',
    });
    const queue = new Queue('jobs', sqs.arn('jobs'), time.now(), newAttributes({}), {});
    sqs.add(queue);
    const content = { body: 'x', attributes: {}, traceHeader: null, groupId: null, size: 1 };
    const message = newMessage(content, 'same', time.now());
    for (let index = 0; index <= maxInFlight; index++) sqs.send(queue, { ...message }, 0);
    const receive = async (max: number) =>
      sqs.polls.receive(queue, { max, visibilitySeconds: 30, waitSeconds: 0 }, new AbortController().signal);
    const first = await receive(maxInFlight);
    expect([first.length, queue.visible]).toEqual([maxInFlight, 1]);
    await expect(receive(1)).rejects.toMatchObject({ code: 'OverLimit', status: 403 });
    for (const held of first.slice(0, 1)) queue.remove(held);
    expect(await receive(10)).toHaveLength(1);
  });
});
