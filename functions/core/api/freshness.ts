import type { FreshnessResponse, Health, MarketplaceFreshness } from '../../contract/api/responses.ts';
import type { Confirmed } from '../../contract/api/values.ts';
import { RetryLater } from '../model/errors.ts';
import type { Measurement, Measurements } from '../ports/shared.ts';

/** What is asked of a dependency: that it answers at all. */
export interface DependencyCheck {
  readonly name: string;
  check(): Promise<unknown>;
}

export interface FreshnessSettings {
  readonly domain: string;
  /** Marketplace to its target. */
  readonly marketplaces: Readonly<Record<string, { freshnessHours: number }>>;
  /** The audit measures every few minutes: a measurement that is older means that it does not run. */
  readonly measuredWithinMs: number;
}

const hourMs = 3_600_000;
const iso = (at: Date | null | undefined): string | null => at?.toISOString() ?? null;

/** Oldest and newest of some instants, for what every response says of its prices. */
export function confirmedOf(instants: readonly (string | null)[]): Confirmed {
  // ISO instants of one precision sort as text.
  const known = instants.filter((at) => at !== null).sort();
  return { oldest: known[0] ?? null, newest: known.at(-1) ?? null };
}

/**
 * What the audit measured, judged now. Nobody knows what was confirmed since it was measured, so that the age of the oldest
 * confirmation goes on: when everything has stopped, the audit included, the data grows stale and says so.
 */
export async function answerFreshness(
  measurements: Measurements,
  settings: FreshnessSettings,
  now: Date,
): Promise<FreshnessResponse> {
  const measured = await measurements.read(Object.keys(settings.marketplaces)).catch((cause) => {
    throw new RetryLater('the coordination table does not say what was measured', { cause });
  });
  const marketplaces = Object.entries(settings.marketplaces).map(([marketplace, { freshnessHours }]) =>
    judge(marketplace, measured.get(marketplace), freshnessHours, now),
  );
  return { domain: settings.domain, marketplaces, confirmed: confirmedIn(marketplaces) };
}

function judge(
  marketplace: string,
  measurement: Measurement | undefined,
  targetHours: number,
  now: Date,
): MarketplaceFreshness {
  const oldest = measurement?.oldestConfirmationAt ?? null;
  return {
    marketplace,
    measuredAt: iso(measurement?.measuredAt),
    newestObservationAt: iso(measurement?.newestObservationAt),
    oldestConfirmationAt: iso(oldest),
    confirmedLastDay: measurement?.confirmedLastDay ?? null,
    targetHours,
    fresh: oldest === null ? null : now.getTime() - oldest.getTime() <= targetHours * hourMs,
  };
}

function confirmedIn(marketplaces: readonly MarketplaceFreshness[]): Confirmed {
  return confirmedOf(marketplaces.flatMap((one) => [one.oldestConfirmationAt, one.newestObservationAt]));
}

/**
 * Asks all dependencies at once and waits for each no longer than `withinMs`: a check never hangs. Stale: a marketplace's
 * oldest confirmation is past its target, whatever else is well. Degraded: a dependency is down, or nobody measures.
 */
export async function answerHealth(of: {
  checks: readonly DependencyCheck[];
  measurements: Measurements;
  settings: FreshnessSettings;
  now: Date;
  withinMs: number;
}): Promise<{ status: 200 | 503; health: Health }> {
  const { checks, measurements, settings, now, withinMs } = of;
  let marketplaces: MarketplaceFreshness[] = Object.entries(settings.marketplaces).map(
    ([marketplace, { freshnessHours }]) => judge(marketplace, undefined, freshnessHours, now),
  );
  const reading: DependencyCheck = {
    name: 'coordination',
    check: async () => {
      marketplaces = (await answerFreshness(measurements, settings, now)).marketplaces;
    },
  };
  const asked = await Promise.all([...checks, reading].map((check) => timed(check, withinMs)));
  const unmeasured = marketplaces.filter(
    ({ measuredAt }) =>
      measuredAt === null || now.getTime() - Date.parse(measuredAt) > settings.measuredWithinMs,
  );
  const dependencies: Health['dependencies'] = [
    ...asked,
    {
      name: 'audit',
      status: unmeasured.length === 0 ? 'UP' : 'DOWN',
      latencyMs: 0,
      detail:
        unmeasured.length === 0
          ? null
          : `no recent measurement of ${unmeasured.map(({ marketplace }) => marketplace).join(', ')}`,
    },
  ];
  const isStale = marketplaces.some(({ fresh }) => fresh === false);
  const isDegraded = dependencies.some(({ status }) => status === 'DOWN');
  const cannotRead = asked.some(({ status }) => status === 'DOWN');
  return {
    status: isStale || cannotRead ? 503 : 200,
    health: {
      status: isStale ? 'stale' : isDegraded ? 'degraded' : 'healthy',
      domain: settings.domain,
      checkedAt: now.toISOString(),
      dependencies,
      marketplaces,
      confirmed: confirmedIn(marketplaces),
    },
  };
}

async function timed(
  { name, check }: DependencyCheck,
  withinMs: number,
): Promise<Health['dependencies'][number]> {
  const start = performance.now();
  const answered = (detail: string | null) => ({
    name,
    status: detail === null ? ('UP' as const) : ('DOWN' as const),
    latencyMs: Math.round((performance.now() - start) * 10) / 10,
    detail,
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${withinMs} ms`), withinMs);
  });
  const asked = check().then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  try {
    return answered(await Promise.race([asked, late]));
  } finally {
    clearTimeout(timer);
  }
}
