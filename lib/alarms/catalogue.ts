import { functions } from './catalogue/functions.ts';
import { marketplaces } from './catalogue/marketplaces.ts';
import { planning } from './catalogue/planning.ts';
import { queues } from './catalogue/queues.ts';
import { storage } from './catalogue/storage.ts';

/**
 * Every alarm, by id. Each id has a page in `docs/runbook/<id>.md`; an alarm cannot be made without an entry here.
 */
export const catalogue = {
  ...planning,
  ...queues,
  ...marketplaces,
  ...storage,
  ...functions,
} as const;

export type AlarmId = keyof typeof catalogue;
