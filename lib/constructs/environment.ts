import type { z } from 'zod';
import type {
  apiEnv,
  archiveEnv,
  auditEnv,
  dispatchEnv,
  dueEnv,
  gatekeeperEnv,
  migrateEnv,
  replayEnv,
  scrapeEnv,
  storeEnv,
} from '../../functions/contract/env.ts';
import type { StageConfig } from '../config/schema.ts';

/** All variables of a function, by the schema that it parses them with: one that is forgotten does not compile. */
type EnvironmentOf<Schema extends z.ZodType> = Record<keyof z.input<Schema> & string, string>;
export type DispatchEnvironment = EnvironmentOf<typeof dispatchEnv>;
export type ScrapeEnvironment = EnvironmentOf<typeof scrapeEnv>;
export type StoreEnvironment = EnvironmentOf<typeof storeEnv>;
export type DueEnvironment = EnvironmentOf<typeof dueEnv>;
export type MigrateEnvironment = EnvironmentOf<typeof migrateEnv>;
export type GatekeeperEnvironment = EnvironmentOf<typeof gatekeeperEnv>;
export type ApiEnvironment = EnvironmentOf<typeof apiEnv>;
export type ArchiveEnvironment = EnvironmentOf<typeof archiveEnv>;
export type ReplayEnvironment = EnvironmentOf<typeof replayEnv>;
export type AuditEnvironment = EnvironmentOf<typeof auditEnv>;

/**
 * V8 starts four threads for its background work, whatever the machine. A function of 512 MB has three tenths of a
 * processor (AWS: one per 1,769 MB): there they only wait for each other, which cost a tenth of the CPU time.
 */
const nodeOptions = '--v8-pool-size=1';

/**
 * What every function gets. The deployed values of ENDPOINTS and TIME_SCALE are declared, because `sam local` and the local
 * stack can only override what the template declares.
 */
export function commonEnvironment(config: StageConfig) {
  return { NODE_OPTIONS: nodeOptions, STAGE: config.stage, ENDPOINTS: 'aws', TIME_SCALE: '1' };
}
