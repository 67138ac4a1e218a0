import type { Breaker } from './model/breaker.ts';
import type { Gate } from './model/gate.ts';
import type { OperatorPause } from './model/pause.ts';
import type { Storage } from './model/storage.ts';

/**
 * Why a queue is not consumed, since when, and when it is tried again by itself; null: it is not tried. What an operator paused,
 * only an operator resumes; a disk is measured all the time.
 */
export interface Pause {
  by: 'gate' | 'breaker' | 'storage' | 'operator';
  reason: string;
  since: Date;
  nextProbe: Date | null;
}

/** What keeps a marketplace from being asked; empty when nothing does. */
export function pausesOfMarketplace(gate: Gate): Pause[] {
  switch (gate.state) {
    case 'open':
      return [];
    case 'cooling': {
      const reason = `${gate.trouble}: ${gate.reason}`;
      return [{ by: 'gate', reason, since: gate.since, nextProbe: gate.until }];
    }
    case 'closed':
      return [{ by: 'operator', reason: gate.reason, since: gate.since, nextProbe: null }];
  }
}

/** What keeps a storage domain from being written to. A half-open breaker lets its one batch in, and counts as none. */
export function pausesOfDomain({
  breaker,
  operator,
  storage,
}: {
  breaker: Breaker;
  operator: OperatorPause;
  storage: Storage;
}): Pause[] {
  const pauses: Pause[] = [];
  if (operator !== null) pauses.push({ by: 'operator', ...operator, nextProbe: null });
  if (breaker.state === 'open') {
    const { reason, since, probeAt } = breaker;
    pauses.push({ by: 'breaker', reason, since, nextProbe: probeAt });
  }
  if (storage.state === 'held') {
    const free = ((storage.freeBytes ?? 0) / 1024 ** 3).toFixed(1);
    const reason = `The disk is nearly full: ${free} GiB free. It goes on when there is room.`;
    pauses.push({ by: 'storage', reason, since: storage.since, nextProbe: null });
  }
  return pauses;
}
