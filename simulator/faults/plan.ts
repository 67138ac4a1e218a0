import { Dice, stream } from '../dice.ts';
import type { Absurdity } from '../site.ts';
import { type BlockKind, type Knobs, mergeKnobs, noFaults } from './knobs.ts';

/** What becomes of one request. */
export type Verdict =
  | { do: 'hang' }
  | { do: 'refuse'; kind: BlockKind; retryAfterSeconds: number }
  | { do: 'redirect'; location: string }
  | { do: 'fail'; status: number }
  | {
      do: 'serve';
      shape: string | null;
      absurd: Absurdity | null;
      empty: boolean;
      cut: 'reset' | 'truncated' | null;
      bytesPerSecond: number | null;
      /** Bytes that the body has; null: its own. */
      hugeBytes: number | null;
    };

const REDIRECT = stream('redirect');
const RESET = stream('reset');
const ERROR = stream('error');
const EMPTY = stream('empty');
const TRUNCATED = stream('truncated');
const ABSURD = stream('absurd');
const DRIP = stream('drip');
const HUGE = stream('huge');
const SHAPE = stream('shape');
const LATENCY = stream('latency');

const plain: Verdict = {
  do: 'serve',
  shape: null,
  absurd: null,
  empty: false,
  cut: null,
  bytesPerSecond: null,
  hugeBytes: null,
};

/**
 * Decides about every request of one marketplace. Shares are drawn from the seed and the request's number; only
 * durations look at the clock that is passed in.
 */
export class FaultPlan {
  readonly #dice: Dice;
  readonly #shapes: readonly string[];
  #knobs: Knobs = noFaults;
  #quiet = true;
  /** Requests seen when the block (or its repetition) and the shape began to count. */
  #blockFrom = 0;
  #shapeFrom = 0;
  #blockedSince: number | null = null;
  #outageSince = 0;
  #requests = 0;

  constructor(seed: number, marketplace: string, shapes: readonly string[]) {
    this.#dice = new Dice(seed, `${marketplace} faults`);
    this.#shapes = shapes;
  }

  get knobs(): Knobs {
    return this.#knobs;
  }

  /** True while connections are to be refused. Ends by itself when the knob has a duration. */
  refusesConnections(now: number): boolean {
    return this.#knobs.outage?.kind === 'refused' && this.#outageHolds(now);
  }

  /** Merges a patch (see `mergeKnobs`). Knobs that the patch names start counting anew. */
  turn(patch: unknown, now: number): Knobs {
    this.#knobs = mergeKnobs(this.#knobs, patch, this.#shapes);
    const named = Object.keys(patch as object);
    if (named.includes('block')) {
      this.#blockFrom = this.#requests;
      this.#blockedSince = null;
    }
    if (named.includes('shape')) this.#shapeFrom = this.#requests;
    if (named.includes('outage')) this.#outageSince = now;
    this.#quiet = JSON.stringify(this.#knobs) === JSON.stringify(noFaults);
    return this.#knobs;
  }

  /** Counts the request and decides. */
  decide(now: number, epoch: number): Verdict {
    const number = ++this.#requests;
    if (this.#quiet) return plain;
    const knobs = this.#knobs;
    if (knobs.outage && this.#outageHolds(now))
      return knobs.outage.kind === '503' ? { do: 'fail', status: 503 } : { do: 'hang' };
    if (knobs.block && this.#blocks(knobs.block, number, now))
      return { do: 'refuse', kind: knobs.block.kind, retryAfterSeconds: knobs.block.retryAfterSeconds };
    if (knobs.redirect && this.#hit(knobs.redirect.share, REDIRECT, number))
      return { do: 'redirect', location: knobs.redirect.location };
    if (this.#hit(knobs.errorShare, ERROR, number)) return { do: 'fail', status: knobs.errorStatus };
    return {
      do: 'serve',
      shape: this.#shape(knobs.shape, number, epoch),
      absurd: this.#hit(knobs.absurdShare, ABSURD, number)
        ? this.#dice.pick(knobs.absurdKinds, ABSURD, number, 1)
        : null,
      empty: this.#hit(knobs.emptyShare, EMPTY, number),
      cut: this.#hit(knobs.resetShare, RESET, number)
        ? 'reset'
        : this.#hit(knobs.truncatedShare, TRUNCATED, number)
          ? 'truncated'
          : null,
      bytesPerSecond:
        knobs.drip && this.#hit(knobs.drip.share, DRIP, number) ? knobs.drip.bytesPerSecond : null,
      hugeBytes:
        knobs.huge && this.#hit(knobs.huge.share, HUGE, number) ? knobs.huge.megabytes * 1_000_000 : null,
    };
  }

  /** Milliseconds to wait before the answer to the request that was decided last. */
  latencyMs(): number {
    const { latency } = this.#knobs;
    if (!latency) return 0;
    // Box and Muller; 2.326 is the standard normal's 99th percentile.
    const u = Math.max(1e-9, this.#dice.share(LATENCY, this.#requests));
    const normal =
      Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.#dice.share(LATENCY, this.#requests, 1));
    const spread = Math.max(0, Math.log(latency.p99Ms / latency.medianMs)) / 2.326;
    return latency.medianMs * Math.exp(spread * normal);
  }

  #hit(share: number, about: number, number: number): boolean {
    return share > 0 && this.#dice.share(about, number) < share;
  }

  #outageHolds(now: number): boolean {
    const { outage } = this.#knobs;
    return outage !== null && (outage.forMs === null || now < this.#outageSince + outage.forMs);
  }

  #blocks(block: NonNullable<Knobs['block']>, number: number, now: number): boolean {
    if (number <= this.#blockFrom + block.afterRequests) return false;
    this.#blockedSince ??= now;
    if (block.forMs === null || now < this.#blockedSince + block.forMs) return true;
    if (block.repeat) {
      this.#blockFrom = number - 1;
      this.#blockedSince = null;
      return this.#blocks(block, number, now);
    }
    return false;
  }

  #shape(shape: Knobs['shape'], number: number, epoch: number): string | null {
    if (!shape || epoch < shape.fromEpoch || number <= this.#shapeFrom + shape.afterRequests) return null;
    return this.#hit(shape.share, SHAPE, number) ? shape.name : null;
  }
}
