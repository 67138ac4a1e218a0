import { superuser } from '../../local/postgres/server.ts';
import { ReportDatabase } from '../report/database.ts';
import { compareWithTruth, expectedHistory, type TruthResult } from '../report/truth.ts';
import type { Session } from './session.ts';
import type { SimulatorState } from './simulator.ts';

/** The database of the marketplace's storage domain; the caller closes it. */
export async function openReportDatabase(session: Session, marketplace: string): Promise<ReportDatabase> {
  const domain = session.settings.marketplaces[marketplace]?.domain ?? '';
  const address = session.stack.endpoints.postgres[domain];
  if (!address) throw new Error(`The stack has no database for the storage domain ${domain}.`);
  return ReportDatabase.open({ ...address, user: superuser });
}

/** Compares what is stored of a marketplace with what the simulator has shown of it. */
export async function compareMarketplace(
  { simulator }: Session,
  marketplace: string,
  database: ReportDatabase,
): Promise<TruthResult> {
  const state = await simulator.state();
  const expected = await shownHistory(simulator, marketplace, state);
  return compareWithTruth(expected, database.products(marketplace), state);
}

/** How many prices and availabilities the simulator has shown in an epoch that were others before. */
export async function changesShown(
  { simulator }: Session,
  marketplace: string,
  epoch: number,
): Promise<number> {
  const shown = await shownHistory(simulator, marketplace, await simulator.state());
  return [...shown.values()]
    .flatMap(({ skus }) => [...skus.values()])
    .flatMap((points) => points.slice(1))
    .filter((point) => point.epoch === epoch).length;
}

function shownHistory(
  simulator: Session['simulator'],
  marketplace: string,
  state: SimulatorState,
): ReturnType<typeof expectedHistory> {
  return expectedHistory({
    state,
    visits: simulator.visits(marketplace),
    // Yandex's lists are read for what they lead to: their prices are not the price to pay.
    listingsCount: marketplace !== 'yandex',
    truth: (epoch) => simulator.truth(marketplace, epoch),
  });
}
