import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { cutBySize, SqsVisitsQueue } from '../../../functions/adapters/sqs/visits-queue.ts';
import {
  maxMessageBytes,
  type Visit,
  type VisitsMessage,
  visitsMessageSchema,
} from '../../../functions/contract/messages.ts';

const observedAt = '2031-02-03T04:05:06.789Z';
function visit(index: number, title = 'Choynak'): Visit {
  return {
    outcome: 'ok',
    index,
    snapshot: {
      kind: 'product',
      externalId: String(index + 1),
      observedAt,
      title,
      currency: 'UZS',
      seller: null,
      category: null,
      offers: [],
    },
  };
}
function message(visits: Visit[], discovered: VisitsMessage['discovered'] = []): VisitsMessage {
  return { v: 1, marketplace: 'uzum', sweepId: 's', jobNumber: 1, visits, discovered };
}

test('any message in parts of any size holds every visit and discovery once, in order, within the limit', () => {
  const title = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(
      fc.array(title, { maxLength: 30 }),
      fc.array(title, { maxLength: 10 }),
      fc.integer({ min: 300, max: 5_000 }),
      (titles, found, limit) => {
        const visits = titles.map((text, index) => visit(index, text));
        const discovered = found.map((text) => ({
          kind: 'product' as const,
          externalId: [...text].slice(0, 99).join(''),
        }));
        const parts = cutBySize(message(visits, discovered), limit);
        const bodies = parts.map(({ body }) => visitsMessageSchema.parse(JSON.parse(body)));
        expect(bodies).toEqual(parts.map((part) => part.message));
        expect(bodies.flatMap((body) => body.visits)).toEqual(visits);
        expect(bodies.flatMap((body) => body.discovered)).toEqual(discovered);
        for (const { body, bytes, message: part } of parts) {
          expect(Buffer.byteLength(body)).toBeLessThanOrEqual(bytes);
          const elements = part.visits.length + part.discovered.length;
          expect(elements).toBeGreaterThan(0);
          if (elements > 1) expect(bytes).toBeLessThanOrEqual(limit);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('Cyrillic titles count as the bytes that SQS counts, not as characters', () => {
  const visits = Array.from({ length: 200 }, (_, index) => visit(index, 'Чойнак '.repeat(200)));
  const parts = cutBySize(message(visits), maxMessageBytes);
  expect(parts.length).toBeGreaterThan(2);
  for (const { body } of parts) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(maxMessageBytes);
});

test('a visit that is larger than a message by itself is not dropped and does not drag others along', () => {
  const parts = cutBySize(message([visit(0), visit(1, 'x'.repeat(2_000)), visit(2)]), 1_000);
  expect(parts.map((part) => part.message.visits.map(({ index }) => index))).toEqual([[0], [1], [2]]);
});

test('a job without visits and discoveries sends nothing', async () => {
  const sqs = mockClient(SQSClient);
  onTestFinished(() => sqs.restore());
  const queue = new SqsVisitsQueue(new SQSClient({ region: 'eu-central-1' }), 'https://queue');
  expect(await queue.send(message([]))).toEqual({ accepted: [], refused: [] });
  expect(sqs.calls()).toHaveLength(0);
});

test('the queue sends each part as one message and reports the parts', async () => {
  const sqs = mockClient(SQSClient);
  onTestFinished(() => sqs.restore());
  sqs.on(SendMessageBatchCommand).resolves({
    Successful: [],
    Failed: [{ Id: '1', SenderFault: true, Code: 'InvalidMessageContents' }],
  });
  const queue = new SqsVisitsQueue(new SQSClient({ region: 'eu-central-1' }), 'https://queue');
  const visits = Array.from({ length: 2 }, (_, index) => visit(index, 'x'.repeat(200_000)));
  const sent = await queue.send(message(visits));
  expect(sent.accepted.flatMap((part) => part.visits.map(({ index }) => index))).toEqual([0]);
  expect(sent.refused.flatMap((part) => part.message.visits.map(({ index }) => index))).toEqual([1]);
});
