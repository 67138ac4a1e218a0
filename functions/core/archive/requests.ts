import type { z } from 'zod';
import type { ArchiveResult, archiveRequestSchema } from '../../contract/archive.ts';
import { restoreMonth, verifyArchive } from './restore.ts';
import { runArchive } from './run.ts';
import type { ArchiveWorld } from './world.ts';

/** Does what was asked for, as far as there is time, and says how far it came. */
export async function answerArchiveRequest(
  world: ArchiveWorld,
  request: z.output<typeof archiveRequestSchema>,
  before: Date,
): Promise<ArchiveResult> {
  const nothing = { rows: 0, rowsDone: 0, rowsTotal: null, dropped: [], nextPart: null };
  switch (request.action) {
    case 'run': {
      const { done, month, rows, dropped } = await runArchive(world, before);
      return { ...nothing, done, month, rows, rowsDone: rows, dropped, months: await monthsOf(world) };
    }
    case 'list':
      return { ...nothing, done: true, month: null, months: await monthsOf(world) };
    case 'verify': {
      const progress = await verifyArchive(world, request.month, request.fromPart);
      return { ...nothing, ...progress, month: request.month, months: [] };
    }
    case 'restore': {
      const progress = await restoreMonth(world, request.month);
      return { ...nothing, ...progress, month: request.month, months: [] };
    }
    case 'release':
      await world.months.release(request.month);
      return { ...nothing, done: true, month: request.month, months: await monthsOf(world) };
  }
}

async function monthsOf({ months }: ArchiveWorld): Promise<ArchiveResult['months']> {
  return (await months.all()).map(({ month, state, rows, inForce, bytes, isRestored, droppedAt }) => ({
    month,
    state,
    rows,
    inForce,
    bytes,
    isRestored,
    droppedAt: droppedAt?.toISOString() ?? null,
  }));
}
