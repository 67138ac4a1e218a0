import { expect, test } from 'vitest';
import { withQueue } from './sqs-emulator.ts';

const bodies = (messages: { Body?: string | undefined }[]): string[] =>
  messages.map(({ Body = '' }) => Body).sort();

test('a message that is delivered again reaches a second receiver while the first has it, once', async () => {
  const { sqs, send, receive } = await withQueue();
  sqs.misdeliver('jobs', { again: 1 });
  await send('a');
  const first = await receive();
  const second = await receive();
  expect([first, second].map(bodies)).toEqual([['a'], ['a']]);
  expect(second[0]?.MessageId).toBe(first[0]?.MessageId);
  expect(await receive()).toEqual([]);
});

test('a message that survives its deletion comes once more, and is gone after the second one', async () => {
  const { sqs, send, receive, remove, statistics } = await withQueue();
  sqs.misdeliver('jobs', { afterDelete: 1 });
  await send('a');
  const [first] = await receive();
  await remove(first?.ReceiptHandle);
  const [second] = await receive();
  expect(second?.MessageId).toBe(first?.MessageId);
  await remove(second?.ReceiptHandle);
  expect(await receive(0)).toEqual([]);
  expect(statistics()).toMatchObject({ visible: 0, inFlight: 0 });
});

test('messages overtake each other, none is lost, and the same seed gives the same order', async () => {
  const order = async (): Promise<string[]> => {
    const { sqs, send, receive } = await withQueue();
    sqs.misdeliver('jobs', { disorder: 20, seed: 7 });
    for (let index = 10; index < 20; index += 1) await send(String(index));
    return (await receive()).map(({ Body = '' }) => Body);
  };
  const seen = await order();
  expect(seen).not.toEqual([...seen].sort());
  expect([...seen].sort()).toEqual(Array.from({ length: 10 }, (_, index) => String(index + 10)));
  expect(await order()).toEqual(seen);
});

test('a queue that is told so delivers as usual again', async () => {
  const { sqs, send, receive } = await withQueue();
  sqs.misdeliver('jobs', { again: 1 });
  sqs.misdeliver('jobs', null);
  await send('a');
  expect(bodies(await receive())).toEqual(['a']);
  expect(await receive()).toEqual([]);
});
