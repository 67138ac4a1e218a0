import type { ProductVisit } from './visit.ts';

export type VisitOutcome = 'stored' | 'unchanged' | 'gone';

/**
 * When a product was seen and missed: the one row that every visit writes. Instants in epoch milliseconds.
 * `lastOutcome` is that of the newest visit, so that its redelivery reports the same as its first delivery.
 */
export interface Sighting {
  readonly lastSeenAt: number | null;
  readonly lastChangeAt: number | null;
  readonly fingerprint: string | null;
  readonly missingSince: number | null;
  readonly missingCheckedAt: number | null;
  readonly missingChecks: number;
  readonly lastOutcome: VisitOutcome | null;
}

export const neverSeen: Sighting = {
  lastSeenAt: null,
  lastChangeAt: null,
  fingerprint: null,
  missingSince: null,
  missingCheckedAt: null,
  missingChecks: 0,
  lastOutcome: null,
};

/** Missing visits in a row after which a product counts as gone: a marketplace's 404 can be a wall or a hiccup. */
export const checksUntilGone = 3;

/** Far beyond any use, well within a smallint. */
const mostChecks = 10_000;

/** Whether the visit is the product's newest snapshot, so that it decides the current state. */
export function isNewestSnapshot(sighting: Sighting, at: number): boolean {
  return sighting.lastSeenAt === null || at > sighting.lastSeenAt;
}

/** Whether the visit says nothing that the row does not know already, apart from its time. */
export function onlyConfirms(sighting: Sighting, visit: ProductVisit): boolean {
  if (visit.outcome === 'gone') return true;
  return (
    sighting.lastSeenAt !== null &&
    visit.at >= sighting.lastSeenAt &&
    visit.fingerprint === sighting.fingerprint
  );
}

/**
 * The row after one visit, in any order of arrival. `changed`: the visit changed more than the time of confirmation.
 * Missing checks count only when they are newer than everything known, so that a redelivery never counts twice.
 */
export function sight(
  sighting: Sighting,
  visit: ProductVisit,
  changed: boolean,
): { sighting: Sighting; outcome: VisitOutcome } {
  if (visit.outcome === 'gone') return { sighting: miss(sighting, visit.at), outcome: 'gone' };
  const { at } = visit;
  const outcome = changed ? 'stored' : 'unchanged';
  if (isNewestSnapshot(sighting, at)) {
    const missing = missingAfter(sighting, at);
    return {
      outcome,
      sighting: {
        ...missing,
        lastSeenAt: at,
        lastChangeAt: changed ? at : sighting.lastChangeAt,
        fingerprint: visit.fingerprint,
        lastOutcome: missing.missingChecks > 0 ? 'gone' : outcome,
      },
    };
  }
  if (at !== sighting.lastSeenAt) return { sighting, outcome };
  const known = sighting.missingChecks === 0 ? sighting.lastOutcome : null;
  if (!changed && visit.fingerprint === sighting.fingerprint) {
    return { sighting, outcome: known ?? 'unchanged' };
  }
  return {
    outcome: changed ? 'stored' : (known ?? 'unchanged'),
    sighting: {
      ...sighting,
      lastOutcome: changed && known !== null ? 'stored' : sighting.lastOutcome,
      // Two snapshots of one instant: the current state is a mixture that neither fingerprint describes.
      fingerprint: visit.fingerprint === sighting.fingerprint ? sighting.fingerprint : null,
    },
  };
}

function miss(sighting: Sighting, at: number): Sighting {
  const { lastSeenAt, missingSince, missingCheckedAt, missingChecks } = sighting;
  if (lastSeenAt !== null && at <= lastSeenAt) return sighting;
  if (missingSince !== null && missingCheckedAt !== null && at <= missingCheckedAt) {
    return at < missingSince ? { ...sighting, missingSince: at } : sighting;
  }
  return {
    ...sighting,
    missingSince: missingSince ?? at,
    missingCheckedAt: at,
    missingChecks: Math.min(missingChecks + 1, mostChecks),
    lastOutcome: 'gone',
  };
}

/** Of the missing checks, those that are known to be newer than a sighting at `at`. */
function missingAfter(sighting: Sighting, at: number): Sighting {
  const { missingSince, missingCheckedAt } = sighting;
  if (missingSince !== null && at < missingSince) return sighting;
  if (missingCheckedAt !== null && at < missingCheckedAt) {
    return { ...sighting, missingSince: missingCheckedAt, missingChecks: 1 };
  }
  return { ...sighting, missingSince: null, missingCheckedAt: null, missingChecks: 0 };
}
