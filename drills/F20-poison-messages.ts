import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { VisitsMessage } from '../functions/contract/messages.ts';
import type { Drill } from './drill.ts';

/** Visits that PostgreSQL refuses, because of a byte that no text may have. */
const refused: VisitsMessage = {
  ...{ v: 1, marketplace: 'uzum', sweepId: 'of-nobody', jobNumber: 0, discovered: [] },
  visits: [
    {
      outcome: 'ok',
      index: 0,
      snapshot: {
        ...{ kind: 'product', externalId: '999999', title: 'nul \u0000', currency: 'UZS' },
        ...{ observedAt: '2026-01-01T00:00:00.000Z', seller: null, category: null, offers: [] },
      },
    },
  ],
};

export const drill: Drill = {
  id: 'F20',
  failure: 'messages that cannot be decoded, and one whose row can be neither stored nor quarantined',
  mutation: {
    file: 'functions/store.lambda.ts',
    find: '        failed.set(record.messageId, error);\n',
    replace: '',
    removes: 'the failure of a message that cannot be decoded: it counts as done',
    failsWith: /^dead letters by cause: /,
  },
  takes: 40,
  async run(world) {
    const { alarms, cloud, operator, passes, stack } = world;
    const QueueUrl = stack.sqs.queueUrl('narx-drill-ecommerce-snapshots');
    const bucket = stack.model.buckets.find(({ name }) => name.includes('-quarantine-'))?.name;
    const quarantine = await world.inject('poison is sent, and the quarantine refuses', async () => {
      for (const body of ['not json', JSON.stringify({ ...refused, v: 9 }), JSON.stringify(refused)])
        await stack.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
      return cloud.set({
        service: 's3',
        operation: 'PutObject',
        resource: /-quarantine-/,
        fault: { fault: 'error', code: 'AccessDenied', status: 403 },
      });
    });
    await passes.sweep().done;
    await alarms.fires('dlq-not-empty');
    await world
      .until('the poison is dead-lettered', () => world.queue('ecommerce-snapshots-dlq').visible >= 3, {
        withinS: 60,
      })
      .catch(() => undefined);
    const { stdout } = await operator.looks('npx narx dlq list ecommerce-snapshots --json');
    const [listed] = JSON.parse(stdout) as [{ causes: { cause: string; count: number }[] }];
    const causes: Record<string, number> = {};
    for (const { cause, count } of listed.causes) {
      const error = cause.split(':')[0] ?? '';
      causes[error] = (causes[error] ?? 0) + count;
    }
    world.check('dead letters by cause', causes, { PoisonMessage: 2, AccessDenied: 1 });
    const { visible } = world.queue('ecommerce-snapshots-dlq');
    const list = await operator.does('npx narx dlq list --stage $STAGE');
    world.checkThat(
      'the list names the consumer',
      list.stdout.includes('narx-drill-store-ecommerce'),
      list.stdout,
    );
    world.check('letters after looking', world.queue('ecommerce-snapshots-dlq').visible, visible);

    world.stopwatch.phase('the quarantine takes objects again');
    quarantine.end();
    await operator.does('npx narx dlq drop ecommerce-snapshots --cause PoisonMessage --yes --stage $STAGE');
    await operator.does('npx narx dlq redrive ecommerce-snapshots --dry-run --stage $STAGE');
    await operator.does('npx narx dlq redrive ecommerce-snapshots --rate 10 --stage $STAGE');
    await world.until('the row is quarantined', async () => {
      const { KeyCount = 0 } = await stack.clients.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
      return KeyCount === 1;
    });
    world.recovered();
    await passes.newPrices();
    await passes.refresh().done;
  },
};
