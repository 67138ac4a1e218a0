import type { ArchivedPart } from '../../contract/archive.ts';
import { RetryLater } from '../model/errors.ts';
import { manifestOf, sealedBefore, writeManifest } from './manifest.ts';
import { manifestKey } from './names.ts';
import { exportPart } from './part.ts';
import type { PointKey } from './points.ts';
import type { MonthArchive } from './ports.ts';
import type { ArchiveWorld } from './world.ts';

export interface ArchiveRun {
  done: boolean;
  month: string | null;
  rows: number;
  dropped: string[];
}

/** How often a month is verified anew because something that leaves was changed meanwhile. */
const turns = 3;

/**
 * Moves months that ended at `before` or earlier out of the database, oldest first: freeze, export, read back and compare
 * row by row, write the manifest, and only then drop. Every step is kept, so that a run that dies or ends early
 * (`done` false) is taken up where it was. Throws ArchiveConflict, with nothing dropped, when an archive of the month
 * exists that holds something else.
 */
export async function runArchive(world: ArchiveWorld, before: Date): Promise<ArchiveRun> {
  const { months, log } = world;
  const run: ArchiveRun = { done: false, month: null, rows: 0, dropped: [] };
  let turn = 0;
  while (world.hasTime()) {
    const unfinished = (await months.all()).find(({ state }) => state !== 'dropped');
    if (unfinished === undefined) {
      const month = await months.oldestEndedBefore(before);
      if (month === null) return { ...run, done: true };
      await months.begin(month);
      log.info('month frozen', { month });
      continue;
    }
    const { month, state } = unfinished;
    run.month = month;
    if (state === 'begun') await months.keep(month);
    else if (state === 'exporting') {
      if (!(await exportMonth(world, unfinished, run))) return run;
    } else if (await months.drop(month)) {
      log.info('month archived and dropped', { month, rows: unfinished.rows, bytes: unfinished.bytes });
      run.dropped.push(month);
    } else {
      turn += 1;
      if (turn === turns) throw new RetryLater(`points of ${month} go on being written while it is archived`);
      log.warn('points were written after they had been exported: verifying again', { month });
      await months.keep(month);
    }
  }
  return run;
}

/** True when the whole month is in S3, has been verified, and the database knows. */
async function exportMonth(world: ArchiveWorld, archive: MonthArchive, run: ArchiveRun): Promise<boolean> {
  const { months } = world;
  const { month } = archive;
  const sealed = await sealedBefore(world, archive);
  let parts = await months.parts(month);
  if (sealed !== null && parts.length === 0) {
    for (const part of sealed.parts) await months.recordPart(month, part);
    parts = await months.parts(month);
  }
  let after: PointKey | null = null;
  for (let number = 1; ; number += 1) {
    if (!world.hasTime()) return false;
    const known = parts.find(({ part }) => part === number);
    let part: ArchivedPart | undefined = known;
    if (known?.verified !== true) {
      part = await exportPart(world, month, number, after, known, sealed !== null);
      run.rows += part.rows;
    }
    if (part === undefined) throw new RangeError(`part ${number} of ${month} is unknown`);
    after = { skuId: part.lastSkuId, firstObservedAt: part.lastFirstObservedAt };
    if (part.isLast) break;
  }
  if (sealed === null)
    await writeManifest(world, manifestOf(world.domain, archive, await months.parts(month)));
  await months.verified(month, manifestKey(world.domain, month));
  return true;
}
