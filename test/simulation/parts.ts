import type { DispatchPorts } from '../../functions/core/dispatch-turn.ts';
import { foldVisits } from '../../functions/core/history/product.ts';
import type { Ledger, VisitStore } from '../../functions/core/ports.ts';
import type { ScrapePorts } from '../../functions/core/scrape.ts';

export interface StorePorts {
  store: VisitStore;
  ledger: Ledger;
}

/** The parts of the core that a run is made of, where a test can put a broken one. */
export interface Parts {
  readonly fold: typeof foldVisits;
  dispatchPorts(ports: DispatchPorts): DispatchPorts;
  scrapePorts(ports: ScrapePorts): ScrapePorts;
  storePorts(ports: StorePorts): StorePorts;
}

export const realParts: Parts = {
  fold: foldVisits,
  dispatchPorts: (ports) => ports,
  scrapePorts: (ports) => ports,
  storePorts: (ports) => ports,
};
