import type { Job } from '../../contract/messages.ts';
import type { Reference } from '../model/reference.ts';

/** References parked together: `job` is the job that parked them, `reason` why. */
export interface Parked {
  id: string;
  job: Pick<Job, 'sweepId' | 'jobNumber'>;
  reason: string;
  references: Reference[];
}

/** References that wait for a later visit without costing a receive (rate limits, passing failures). */
export interface ParkedReferences {
  /** Idempotent per job, due time and reason. Returns the id of the entry. */
  park(parked: {
    marketplace: string;
    job: Pick<Job, 'sweepId' | 'jobNumber'>;
    references: readonly Reference[];
    dueAt: Date;
    reason: string;
  }): Promise<string>;
  /** At most `limit` entries whose time has come, oldest first. */
  due(marketplace: string, now: Date, limit: number): Promise<Parked[]>;
  /** After the jobs queue has accepted them. */
  remove(marketplace: string, ids: readonly string[]): Promise<void>;
}
