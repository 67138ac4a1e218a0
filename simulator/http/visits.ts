import type { Shown } from '../site.ts';

interface Visit {
  count: number;
  firstAt: number;
  lastAt: number;
}

/** What was really shown, to the last byte, and in which epoch. Answers that were cut or distorted do not count. */
export class Visits {
  /** Per epoch: `kind via id` to the visits of that thing. */
  readonly #epochs: Map<string, Visit>[] = [];

  record(shown: readonly Shown[], epoch: number, now: number): void {
    let visits = this.#epochs[epoch];
    if (!visits) {
      visits = new Map();
      this.#epochs[epoch] = visits;
    }
    for (const { kind, via, externalId } of shown) {
      const key = `${kind} ${via} ${externalId}`;
      const visit = visits.get(key);
      if (visit) {
        visit.count++;
        visit.lastAt = now;
      } else visits.set(key, { count: 1, firstAt: now, lastAt: now });
    }
  }

  /** One JSON line per thing and epoch, in the order of the first visit. */
  *lines(): Generator<string> {
    for (const [epoch, visits] of this.#epochs.entries()) {
      for (const [key, { count, firstAt, lastAt }] of visits ?? []) {
        const [kind, via, externalId] = key.split(' ');
        yield JSON.stringify({
          kind,
          externalId,
          epoch,
          via,
          count,
          firstAt: new Date(firstAt).toISOString(),
          lastAt: new Date(lastAt).toISOString(),
        });
      }
    }
  }
}
