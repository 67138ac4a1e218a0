import { newBreaker } from '../../functions/core/model/breaker.ts';
import { noClearance } from '../../functions/core/model/clearance.ts';
import { newGate } from '../../functions/core/model/gate.ts';
import {
  MemoryCheckpoints,
  MemoryClock,
  MemoryDue,
  MemoryJobsQueue,
  MemoryLog,
  MemoryMetrics,
  MemoryParked,
  MemoryShared,
} from './in-memory.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { MemorySpill } from './memory-spill.ts';

/** Everything that dispatch touches, fresh. */
export function dispatchWorld() {
  const clock = new MemoryClock();
  return {
    clock,
    checkpoints: new MemoryCheckpoints(clock),
    jobs: new MemoryJobsQueue(),
    ledger: new MemoryLedger(),
    parked: new MemoryParked(),
    due: new MemoryDue(),
    gates: new MemoryShared(newGate()),
    breakers: new MemoryShared(newBreaker()),
    clearances: new MemoryShared(noClearance),
    spill: new MemorySpill(),
    log: new MemoryLog(),
    metrics: new MemoryMetrics(),
  };
}
export type DispatchWorld = ReturnType<typeof dispatchWorld>;

export const slots = ['04:05', '04:10', '04:15', '04:20', '04:25', '04:30'].map(
  (time) => `2031-02-03T${time}:00.000Z`,
);
