import type { QuarantineReplay, Replayed, VisitsMessage } from '../contract/messages.ts';
import type { Quarantined } from '../contract/quarantine.ts';
import type { Marketplace } from './marketplace.ts';
import { PoisonMessage } from './model/errors.ts';
import { type Action, judge } from './pages.ts';
import type { Ledger } from './ports/ledger.ts';
import type { QuarantinedObjects, RawPages } from './ports/objects.ts';
import type { VisitsQueue } from './ports/queues.ts';
import type { Clock, Log } from './ports/runtime.ts';
import { keepRawPage } from './raw-pages.ts';

/** Bodies in memory are bounded: a page is a few megabytes at most. */
const OBJECTS_AT_ONCE = 5;

/** What replay knows of a marketplace. */
export interface ReplayTarget {
  marketplace: Marketplace;
  /** Of its storage domain. */
  visits: VisitsQueue;
  /** Null: pages of this marketplace are not kept. */
  raw: RawPages | null;
}

export interface QuarantineReplayPorts {
  quarantined: QuarantinedObjects;
  /** Null for a marketplace that the stage does not have. */
  target(marketplace: string): ReplayTarget | null;
  ledger: Pick<Ledger, 'recordOutcomes'>;
  clock: Clock;
  log: Log;
}

type PageObject = Extract<Quarantined, { type: 'page' }>;
type Visiting = Extract<Action, { do: 'visit' }>;
type WithoutKey<T> = T extends unknown ? Omit<T, 'key'> : never;

/**
 * Parses quarantined pages again, with the parsers of this deployment and without fetching, and sends what they hold to the
 * snapshots queue as of the time when the page was fetched; rows that the database refused are sent as they are. An object is
 * deleted once the queue has accepted it; dying in between sends it again, which changes nothing. Stops when the queue does not
 * take something, or when there is no time left.
 */
export async function replayQuarantine(
  request: { keys: readonly string[]; dryRun: boolean },
  ports: QuarantineReplayPorts,
  limits: { mayGoOn: () => boolean; sendMs: number },
): Promise<QuarantineReplay> {
  const results: Replayed[] = [];
  for (let from = 0; from < request.keys.length; from += OBJECTS_AT_ONCE) {
    if (!limits.mayGoOn()) return { results, stopped: 'out of time' };
    const keys = request.keys.slice(from, from + OBJECTS_AT_ONCE);
    const wave = await Promise.allSettled(
      keys.map((key) => replayOne(key, request.dryRun, ports, limits.sendMs)),
    );
    for (const [index, one] of wave.entries()) {
      const key = keys[index] ?? '';
      if (one.status === 'rejected') {
        ports.log.error('Quarantined object not replayed', { key, error: one.reason });
        return { results, stopped: `${key}: ${String(one.reason)}` };
      }
      results.push({ key, ...one.value });
    }
  }
  return { results, stopped: null };
}

async function replayOne(
  key: string,
  dryRun: boolean,
  ports: QuarantineReplayPorts,
  sendMs: number,
): Promise<WithoutKey<Replayed>> {
  const { quarantined, ledger, log } = ports;
  const object = await quarantined.get(key).catch((error: unknown) => {
    if (error instanceof PoisonMessage) return error;
    throw error;
  });
  if (object === null) return { result: 'missing' };
  if (object instanceof PoisonMessage) return kept('unreadable', object.message);
  const target = ports.target(object.marketplace);
  if (target === null) return kept('not-enabled', `${object.marketplace} is not in this stage.`);
  const message = await messageIn(object, target, dryRun, ports);
  if ('reason' in message) return kept(message.reason, message.detail);
  const replayed = { result: 'replayed' as const, visits: message.visits.length };
  if (dryRun) return replayed;
  const { refused } = await target.visits.send(message, sendMs);
  if (refused[0]) throw new Error(`the snapshots queue refused it: ${refused[0].detail}`);
  // A listing is not stored itself. Without snapshots nobody else accounts for it.
  if (object.type === 'page' && message.visits.length === 0)
    await ledger
      .recordOutcomes(object.job, new Map([[object.job.index, 'unchanged']]))
      // Its discoveries are in the queue: that the books still have it as quarantined is all that is lost.
      .catch((error: unknown) => log.error('Ledger write failed', { ...object.job, error }));
  await quarantined.remove(key);
  return replayed;
}

/** What is to be sent for an object, or why it has to stay. */
async function messageIn(
  object: Quarantined,
  target: ReplayTarget,
  dryRun: boolean,
  ports: QuarantineReplayPorts,
): Promise<VisitsMessage | { reason: string; detail: string }> {
  const { sweepId, jobNumber } = object.job;
  const head = { v: 1 as const, marketplace: object.marketplace, sweepId, jobNumber };
  if (object.type === 'row') {
    const { row } = object;
    return 'outcome' in row
      ? { ...head, visits: [row], discovered: [] }
      : { ...head, visits: [], discovered: [row] };
  }
  const action = await judgeAgain(object, target, dryRun, ports);
  if (action.do !== 'visit') return action;
  const { visits, discovered }: Visiting = action;
  return { ...head, visits, discovered };
}

async function judgeAgain(
  object: PageObject,
  { marketplace, raw }: ReplayTarget,
  dryRun: boolean,
  { clock, log }: QuarantineReplayPorts,
): Promise<Action> {
  const { url, status, headers, body, observedAt, reference, job } = object;
  const page = {
    ...{ url, status, headers },
    body: Buffer.from(body.data, body.encoding),
    receivedAt: new Date(observedAt),
  };
  const action = judge(marketplace, reference, job.index, page, () => clock.now());
  return dryRun ? action : await keepRawPage(raw, marketplace.manifest.id, action, log);
}

function kept(reason: string, detail: string): WithoutKey<Replayed> {
  return { result: 'kept', reason, detail };
}
