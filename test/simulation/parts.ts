import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DispatchPorts } from '../../functions/core/dispatch-turn.ts';
import type { GapPorts } from '../../functions/core/gaps.ts';
import { foldVisits } from '../../functions/core/history/product.ts';
import type { VisitStore } from '../../functions/core/ports/database.ts';
import type { SpilledObjects, VisitsQueue } from '../../functions/core/ports/queues.ts';
import type { ScrapePorts } from '../../functions/core/scrape.ts';

interface ReplayPorts {
  spilled: SpilledObjects;
  visits: VisitsQueue;
}

/** Where a test can put a broken part into a run. */
export interface Parts {
  readonly fold: typeof foldVisits;
  client(client: DynamoDBClient): DynamoDBClient;
  gapPorts(ports: GapPorts): GapPorts;
  dispatchPorts(ports: DispatchPorts): DispatchPorts;
  scrapePorts(ports: ScrapePorts): ScrapePorts;
  visitStore(store: VisitStore): VisitStore;
  replayPorts(ports: ReplayPorts): ReplayPorts;
}

export const realParts: Parts = {
  fold: foldVisits,
  client: (client) => client,
  gapPorts: (ports) => ports,
  dispatchPorts: (ports) => ports,
  scrapePorts: (ports) => ports,
  visitStore: (store) => store,
  replayPorts: (ports) => ports,
};
