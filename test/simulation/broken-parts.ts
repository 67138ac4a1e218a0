import { type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Job, VisitsMessage } from '../../functions/contract/messages.ts';
import { outbox } from '../../functions/core/dispatch-refresh.ts';
import { foldVisits } from '../../functions/core/history/product.ts';
import type { ReferenceOutcome } from '../../functions/core/model/outcome.ts';
import type { VisitStore } from '../../functions/core/ports/database.ts';
import { type Parts, realParts } from './parts.ts';

/** Mistakes that pipelines like this one have died of. Each breaks one promise of the core. */
export const brokenParts: Record<string, Parts> = {
  'the cursor moves before the queue has the jobs': {
    ...realParts,
    dispatchPorts: (ports) => {
      const jobs: Job[] = [];
      return {
        ...ports,
        jobs: {
          backlog: (marketplace) => ports.jobs.backlog(marketplace),
          send: async (_, chunk) => {
            jobs.push(...chunk);
            return { accepted: [...chunk], refused: [] };
          },
        },
        checkpoints: {
          read: (key) => ports.checkpoints.read(key),
          acquire: (...args) => ports.checkpoints.acquire(...args),
          advance: async (cursor, next) => {
            const moved = await ports.checkpoints.advance(cursor, next);
            if (jobs.length > 0) await ports.jobs.send(cursor.marketplace, jobs.splice(0));
            return moved;
          },
        },
      };
    },
  },
  'what a slow run holds is not fenced': {
    ...realParts,
    client: (client) => unconditional(client, 'CURSOR#'),
  },
  'the ledger overwrites outcomes': { ...realParts, client: (client) => unconditional(client, 'SWEEP#') },
  'a sweep ends with its range, whatever it found there': {
    ...realParts,
    dispatchPorts: (ports) => ({
      ...ports,
      ledger: Object.assign(Object.create(ports.ledger), {
        async *jobs() {
          yield* [];
        },
      }),
    }),
  },
  'parked references are removed when they are read': {
    ...realParts,
    dispatchPorts: (ports) => ({
      ...ports,
      parked: {
        park: (entry) => ports.parked.park(entry),
        remove: (marketplace, ids) => ports.parked.remove(marketplace, ids),
        due: async (marketplace, now, limit) => {
          const entries = await ports.parked.due(marketplace, now, limit);
          const ids = entries.filter(({ reason }) => reason !== outbox).map(({ id }) => id);
          await ports.parked.remove(marketplace, ids);
          return entries;
        },
      },
    }),
  },
  'claimed references have no outbox': {
    ...realParts,
    dispatchPorts: (ports) => ({
      ...ports,
      parked: {
        park: async (entry) => (entry.reason === outbox ? 'nowhere' : await ports.parked.park(entry)),
        remove: (marketplace, ids) => ports.parked.remove(marketplace, ids),
        due: (marketplace, now, limit) => ports.parked.due(marketplace, now, limit),
      },
    }),
  },
  'what could not be parked is forgotten': {
    ...realParts,
    scrapePorts: (ports) => ({
      ...ports,
      parked: Object.assign(Object.create(ports.parked), {
        park: async (entry: Parameters<typeof ports.parked.park>[0]) =>
          await ports.parked.park(entry).catch(() => 'nowhere'),
      }),
    }),
  },
  'visits that the queue refused count as sent': {
    ...realParts,
    scrapePorts: (ports) => ({
      ...ports,
      visits: {
        send: async (message) => {
          await ports.visits.send(message).catch(() => undefined);
          return { accepted: [message], refused: [] };
        },
      },
    }),
  },
  'spilled visits are removed when they are read': {
    ...realParts,
    replayPorts: (ports) => ({
      ...ports,
      spilled: {
        list: (domain, limit) => ports.spilled.list(domain, limit),
        get: async (key) => {
          const object = await ports.spilled.get(key);
          await ports.spilled.remove(key);
          return object;
        },
        remove: (key) => ports.spilled.remove(key),
      },
    }),
  },
  'what waits in the spill is taken for vanished': {
    ...realParts,
    gapPorts: (ports) => ({ ...ports, spill: { waits: async () => false } }),
  },
  'the message is deleted before the commit': {
    ...realParts,
    visitStore: (store): VisitStore => ({
      store: async (messages) => {
        void store.store(messages).catch(() => undefined);
        return { outcomes: messages.map(allStored), counts: noCounts };
      },
    }),
  },
  'a database that is down is taken for a bad batch': {
    ...realParts,
    visitStore: (store): VisitStore => ({
      store: async (messages) =>
        await store.store(messages).catch((error: unknown) => {
          throw new Error(String(error));
        }),
    }),
  },
  'late observations are appended as if they were new': {
    ...realParts,
    fold: (sighting, skus, histories, visits) => {
      let newest = sighting.lastSeenAt ?? 0;
      const moved = visits.map((visit) => {
        if (visit.outcome === 'gone' || visit.at > newest) return visit;
        newest += 1;
        return { ...visit, at: newest };
      });
      return foldVisits(sighting, skus, histories, moved);
    },
  },
  'late observations are dropped': {
    ...realParts,
    fold: (sighting, skus, histories, visits) => {
      const fresh = visits.filter(({ at }) => at > (sighting.lastSeenAt ?? 0));
      const folded = foldVisits(sighting, skus, histories, fresh);
      const outcomes = visits.map((visit) => folded.outcomes[fresh.indexOf(visit)] ?? 'unchanged');
      return { ...folded, outcomes };
    },
  },
};

const noCounts = {
  stored: 0,
  unchanged: 0,
  gone: 0,
  pricePointsAdded: 0,
  late: 0,
  ties: 0,
  currencyChanges: 0,
  priceJumps: 0,
  rowsQuarantined: 0,
  transactionRetries: 0,
};

function allStored({ visits }: VisitsMessage): Map<number, ReferenceOutcome> {
  return new Map(visits.map(({ index }) => [index, 'stored']));
}

/** Writes to this kind of item without their conditions. */
function unconditional(client: DynamoDBClient, kind: string): DynamoDBClient {
  const careless = Object.create(client) as DynamoDBClient;
  const send = async (command: PutItemCommand | UpdateItemCommand): Promise<unknown> => {
    const { ConditionExpression, ...input } = command.input;
    const isPut = command instanceof PutItemCommand;
    const isWrite = isPut || command instanceof UpdateItemCommand;
    const key = 'Item' in input ? input.Item : 'Key' in input ? input.Key : undefined;
    if (!isWrite || ConditionExpression === undefined || !key?.['pk']?.S?.startsWith(kind)) {
      return await client.send(command as PutItemCommand);
    }
    const without = isPut
      ? new PutItemCommand(input as PutItemCommand['input'])
      : new UpdateItemCommand(input as UpdateItemCommand['input']);
    return await client.send(without as PutItemCommand);
  };
  return Object.defineProperty(careless, 'send', { value: send });
}
