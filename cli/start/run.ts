import { setTimeout as sleep } from 'node:timers/promises';
import { emptyBooks } from '../../functions/core/model/outcome.ts';
import { superuser } from '../../local/postgres/server.ts';
import { ReportDatabase } from '../report/database.ts';
import { addBooks, isBalanced, type MarketplaceReport, type PrintedReport } from '../report/model.ts';
import { compareWithTruth, expectedHistory, type TruthResult } from '../report/truth.ts';
import type { Progress } from './progress.ts';
import type { Session } from './session.ts';
import { type FinishedSweep, sweepOnce } from './sweep.ts';

/**
 * The main job: sweep every marketplace, let prices change, refresh, and compare what is stored with the books and with
 * the simulator's ground truth. `startedAt` is from performance.now().
 */
export async function runMainJob(
  session: Session,
  progress: Progress,
  startedAt: number,
): Promise<PrintedReport> {
  const phases: PrintedReport['phases'] = [{ name: 'start', seconds: since(startedAt) }];
  const finished: FinishedSweep[] = [];
  const pass = async (mode: 'sweep' | 'refresh'): Promise<void> => {
    const began = performance.now();
    for (const marketplace of session.marketplaces) {
      const sweep = await sweepOnce({
        marketplace,
        mode,
        ledger: session.ledger,
        fire: () => fire(session, marketplace, mode),
        progress,
      });
      if (!sweep) continue;
      finished.push(sweep);
      const { books, seconds } = sweep;
      progress.step(
        `${marketplace} ${mode}: ${books.dispatched} references accounted for in ${seconds.toFixed(1)} s`,
      );
    }
    phases.push({ name: mode, seconds: since(began) });
  };

  await pass('sweep');
  await audit(session);
  await session.simulator.nextEpoch();
  progress.step('Prices have changed; refreshing');
  await pass('refresh');

  const began = performance.now();
  await audit(session);
  const report = await compile(session, finished);
  const alarmReasons = await alarming(session);
  phases.push({ name: 'report', seconds: since(began) });
  return {
    durationMs: Math.round(performance.now() - startedAt),
    ...report,
    alarms: { alarm: Object.keys(alarmReasons) },
    alarmReasons,
    phases,
  };
}

const since = (start: number): number => (performance.now() - start) / 1000;

async function fire(session: Session, marketplace: string, mode: string): Promise<void> {
  const invocation = await session.stack.fire(session.schedule(marketplace, mode));
  if (invocation.functionError)
    throw new Error(`dispatch failed for ${marketplace} ${mode}: ${JSON.stringify(invocation.payload)}`);
}

/** Runs every audit as its schedule would, and the gatekeeper. */
async function audit({ stack }: Session): Promise<void> {
  const audits = stack.model.schedules.filter((schedule) =>
    /-(audit|gatekeeper)/.test(schedule.functionName),
  );
  for (const { name } of audits) {
    const invocation = await stack.fire(name);
    if (invocation.functionError) throw new Error(`${name} failed: ${JSON.stringify(invocation.payload)}`);
  }
}

/**
 * Name and reason of each alarm that is in ALARM. CloudWatch counts whole minutes only, so that what the last audit said
 * is seen at most two (scaled) minutes later.
 */
async function alarming({ stack }: Session): Promise<Record<string, string>> {
  const deadline = performance.now() + 2 * stack.metrics.resolutionMs;
  for (;;) {
    const found = stack.alarms().filter((alarm) => alarm.state === 'ALARM');
    if (found.length === 0 || performance.now() > deadline)
      return Object.fromEntries(found.map((alarm) => [alarm.name, alarm.reason]));
    await sleep(250);
  }
}

async function compile(
  session: Session,
  finished: readonly FinishedSweep[],
): Promise<Omit<PrintedReport, 'durationMs' | 'alarms' | 'alarmReasons' | 'phases'>> {
  const marketplaces: Record<string, MarketplaceReport> = {};
  const truth: TruthResult = { checked: 0, wrong: 0, missing: 0, extra: 0, examples: [] };
  const histories: PrintedReport['histories'] = [];
  for (const id of session.marketplaces) {
    const domain = session.settings.marketplaces[id]?.domain ?? '';
    const address = session.stack.endpoints.postgres[domain];
    if (!address) throw new Error(`The stack has no database for the storage domain ${domain}.`);
    const database = await ReportDatabase.open({ ...address, user: superuser });
    try {
      const state = await session.simulator.state();
      const expected = await expectedHistory({
        state,
        visits: session.simulator.visits(id),
        truth: (epoch) => session.simulator.truth(id, epoch),
      });
      add(truth, await compareWithTruth(expected, database.products(id), state));
      const sweeps = finished.filter(({ sweep }) => sweep.marketplace === id);
      const books = sweeps.map((sweep) => sweep.books).reduce(addBooks, emptyBooks());
      const seconds = sweeps.reduce((sum, sweep) => sum + sweep.seconds, 0);
      marketplaces[id] = {
        ...books,
        perSecond: seconds > 0 ? Math.round((books.dispatched - books.inFlight) / seconds) : 0,
        pricePoints: await database.pricePoints(id),
        oldestConfirmedSeconds: await database.oldestConfirmedSeconds(id),
      };
      histories.push(...(await database.movedMost(id, 3)));
    } finally {
      await database.close();
    }
  }
  return {
    balanced:
      Object.values(marketplaces).length > 0 &&
      Object.values(marketplaces).every((books) => books.dispatched > 0 && isBalanced(books)),
    truth,
    marketplaces,
    sweeps: finished.map(({ sweep, books }) => ({ sweepId: sweep.sweepId, mode: sweep.mode, books })),
    histories,
  };
}

function add(sum: TruthResult, part: TruthResult): void {
  sum.checked += part.checked;
  sum.wrong += part.wrong;
  sum.missing += part.missing;
  sum.extra += part.extra;
  sum.examples.push(...part.examples);
}
