import type { DispatchMode } from '../../contract/messages.ts';

export interface CursorKey {
  marketplace: string;
  mode: DispatchMode;
}

/**
 * A checkpoint. `version` grows by one with every write and is the fencing token: a write that names another version is
 * refused. `position` is the last id that the jobs queue accepted (null before the first), monotonic within a sweep.
 */
export interface Cursor extends CursorKey {
  version: number;
  owner: string;
  leaseExpiresAt: Date;
  sweepId: string | null;
  sweepStartedAt: Date | null;
  position: number | null;
  previousPosition: number | null;
  /** The last slot that was dispatched whole. */
  slot: string | null;
  updatedAt: Date;
}

export interface Checkpoints {
  /** Null when there is none yet. Throws StopMarketplace when the stored item cannot be read. */
  read(key: CursorKey): Promise<Cursor | null>;
  /**
   * Takes the lease for one slot. `collapsed` when the slot was dispatched already or a live owner is at it.
   * Throws StopMarketplace when the stored item cannot be read: it is never taken for a fresh start.
   */
  acquire(
    key: CursorKey,
    slot: string,
    owner: string,
    leaseMs: number,
  ): Promise<{ cursor: Cursor } | { collapsed: 'slot-done' | 'leased' }>;
  /** Writes the next state over exactly `cursor.version`. Throws StaleOwner when another owner wrote in between. */
  advance(
    cursor: Cursor,
    next: Pick<Cursor, 'sweepId' | 'sweepStartedAt' | 'position' | 'slot'> & { releaseLease: boolean },
  ): Promise<Cursor>;
}
