import { answerFreshness } from '../../functions/core/api/freshness.ts';
import type { Stage } from '../stage/connect.ts';
import { stageMappings } from '../stage/mappings.ts';
import { countBooks, readCoordination } from './coordination.ts';
import { asked } from './deadline.ts';
import type { MarketplaceStatus, StatusReport } from './model.ts';
import { askDatabase, readAlarms, readQueues, readSpill } from './sources.ts';

/**
 * Asks everything a stage consists of at once, and waits no longer than `withinMs`. Never throws for what does not answer: that is
 * the news.
 */
export async function collectStatus(stage: Stage, withinMs: number): Promise<StatusReport> {
  const { settings } = stage;
  const enabled = Object.entries(settings.marketplaces).filter(([, { enabled }]) => enabled);
  const marketplaces = enabled.map(([id]) => id);
  const domains = [...new Set(enabled.map(([, { domain }]) => domain))];

  const coordinated = (async () => {
    const start = performance.now();
    const coordination = await asked('DynamoDB', withinMs, () =>
      readCoordination(stage, { marketplaces, domains }),
    );
    // The books can only be asked for once the sweeps are known: they get what is left of the time, which may be none.
    const leftMs = Math.max(0, start + withinMs - performance.now());
    const sweeps = coordination.value && (await countBooks(stage, coordination.value.sweeps, leftMs));
    return { ...coordination, sweeps };
  })();
  const [{ value: known, status: table, sweeps }, queues, mappings, spill, alarms, ...databases] =
    await Promise.all([
      coordinated,
      asked('SQS', withinMs, () => readQueues(stage)),
      asked('Lambda', withinMs, () => stageMappings(stage)),
      asked('S3', withinMs, () => readSpill(stage)),
      asked(stage.local ? 'alarms' : 'CloudWatch', withinMs, () => readAlarms(stage)),
      ...domains.map((domain) => asked(`Postgres ${domain}`, withinMs, () => askDatabase(stage, domain))),
    ]);

  const now = new Date();
  const freshness = known
    ? await answerFreshness(
        { record: async () => undefined, read: async () => known.measured },
        {
          domain: '',
          marketplaces: Object.fromEntries(
            enabled.map(([id, { freshnessHours }]) => [id, { freshnessHours }]),
          ),
          measuredWithinMs: 0,
        },
        now,
      )
    : null;
  const consumers = new Map(
    (mappings.value ?? []).map(({ queue, state }) => [`${queue.owner}-${queue.kind}`, state]),
  );
  const counted = new Map((queues.value ?? []).map((queue) => [queue.name, queue]));
  const report: Omit<StatusReport, 'status'> = {
    stage: stage.name,
    local: stage.local,
    at: now.toISOString(),
    dependencies: [
      table,
      queues.status,
      mappings.status,
      spill.status,
      alarms.status,
      ...databases.map((one) => one.status),
    ],
    marketplaces: enabled.map(
      ([id, { domain, robotsOverrides, freshnessHours }]): MarketplaceStatus => ({
        id,
        domain,
        gate: known?.gates.get(id)?.state ?? null,
        perSecond: known?.perSecond.get(id) ?? null,
        freshness: freshness?.marketplaces.find(({ marketplace }) => marketplace === id) ?? {
          measuredAt: null,
          newestObservationAt: null,
          oldestConfirmationAt: null,
          confirmedLastDay: null,
          targetHours: freshnessHours,
          fresh: null,
        },
        robotsOverrides,
      }),
    ),
    domains: domains.map((id) => ({ id, breaker: known?.breakers.get(id)?.state ?? null })),
    pauses: known?.pauses ?? null,
    queues: stage.names.queues.map(({ owner, kind }) => {
      const name = `${owner}-${kind}`;
      const none = { name, waiting: null, inFlight: null, delayed: null, dead: null };
      return { ...(counted.get(name) ?? none), consumer: consumers.get(name) ?? null };
    }),
    spilled: spill.value,
    sweeps,
    alarms: alarms.value,
  };
  return { ...report, status: verdict(report) };
}

function verdict({ marketplaces, dependencies, pauses, alarms, queues }: Omit<StatusReport, 'status'>) {
  if (marketplaces.some(({ freshness }) => freshness?.fresh === false)) return 'stale';
  const isWell =
    dependencies.every(({ status }) => status === 'UP') &&
    pauses?.length === 0 &&
    alarms?.length === 0 &&
    queues.every(({ dead }) => dead === 0);
  return isWell ? 'healthy' : 'degraded';
}
