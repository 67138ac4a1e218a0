import { setTimeout as sleep } from 'node:timers/promises';
import type { DispatchMode } from '../../functions/contract/messages.ts';
import { type Books, emptyBooks } from '../../functions/core/model/outcome.ts';
import { addBooks, isBalanced, type MarketplaceReport, type PrintedReport } from '../report/model.ts';
import type { TruthResult } from '../report/truth.ts';
import { compareMarketplace, openReportDatabase } from './compare.ts';
import { deliver, parkedIsDue, passOf, plansWork, walk } from './pass.ts';
import type { Progress } from './progress.ts';
import type { Session } from './session.ts';
import type { Pass } from './sweep.ts';

/** Refreshes at most this often for what is still parked. */
const PARKED_ROUNDS = 3;

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
  const finished: Pass[] = [];
  const run = async (marketplace: string, mode: DispatchMode): Promise<void> => {
    const pass = await passOf(session, marketplace, mode, progress);
    if (pass === null) return;
    finished.push(pass);
    const { dispatched } = booksOf([pass]);
    progress.step(
      `${marketplace} ${mode}: ${dispatched} references accounted for in ${pass.seconds.toFixed(1)} s`,
    );
  };
  const phase = async (mode: 'sweep' | 'refresh'): Promise<void> => {
    const began = performance.now();
    for (const marketplace of session.marketplaces) {
      await run(marketplace, mode);
      // A page that was served but not handed over must be seen again before prices change: a visit could see it.
      for (let round = 0; round < PARKED_ROUNDS && (await parkedIsDue(session, marketplace)); round += 1) {
        progress.step(`${marketplace}: references were parked; visiting them again`);
        await run(marketplace, 'refresh');
      }
    }
    phases.push({ name: mode, seconds: since(began) });
  };

  // What looks after the rest does so all the while: without the gatekeeper a breaker that opens never closes again.
  session.stack.startSchedules(({ input }) => !plansWork(input));
  await phase('sweep');
  const began = performance.now();
  for (const marketplace of session.marketplaces) {
    if (session.schedule(marketplace, 'discover') === null) continue;
    await run(marketplace, 'discover');
    await walk(session, marketplace, () => run(marketplace, 'refresh'));
  }
  phases.push({ name: 'discover', seconds: since(began) });
  await audit(session);
  await session.simulator.nextEpoch();
  progress.step('Prices have changed; refreshing');
  await phase('refresh');

  const reporting = performance.now();
  await audit(session);
  const report = await compile(session, finished);
  const alarmReasons = await alarming(session);
  phases.push({ name: 'report', seconds: since(reporting) });
  return {
    durationMs: Math.round(performance.now() - startedAt),
    ...report,
    alarms: { alarm: Object.keys(alarmReasons) },
    alarmReasons,
    phases,
  };
}

const since = (start: number): number => (performance.now() - start) / 1000;

const booksOf = (passes: readonly Pass[]): Books =>
  passes.flatMap((pass) => pass.sweeps.map(({ books }) => books)).reduce(addBooks, emptyBooks());

/** Runs once what looks after the rest (audits, gatekeeper, replay …), as its schedules would; not what plans work or migrates. */
async function audit(session: Session): Promise<void> {
  const caring = session.stack.model.schedules.filter(
    ({ input, functionName }) => !('mode' in JSON.parse(input)) && !functionName.includes('-migrate-'),
  );
  for (const { name } of caring) await deliver(session, name);
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
  finished: readonly Pass[],
): Promise<Omit<PrintedReport, 'durationMs' | 'alarms' | 'alarmReasons' | 'phases'>> {
  const marketplaces: Record<string, MarketplaceReport> = {};
  const truth: TruthResult = { checked: 0, wrong: 0, missing: 0, extra: 0, examples: [] };
  const histories: PrintedReport['histories'] = [];
  for (const id of session.marketplaces) {
    const database = await openReportDatabase(session, id);
    try {
      add(truth, await compareMarketplace(session, id, database));
      const passes = finished.filter(({ marketplace }) => marketplace === id);
      const books = booksOf(passes);
      const seconds = passes.reduce((sum, pass) => sum + pass.seconds, 0);
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
    sweeps: finished.flatMap((pass) =>
      pass.sweeps.map(({ sweep, books }) => ({ sweepId: sweep.sweepId, mode: sweep.mode, books })),
    ),
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
