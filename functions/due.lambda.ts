import { readEnv } from './adapters/env.ts';
import { proxyConnection } from './adapters/postgres/connect.ts';
import { Database } from './adapters/postgres/database.ts';
import { PostgresDueReferences } from './adapters/postgres/due-references.ts';
import { createLog } from './adapters/telemetry.ts';
import { dueEnv } from './contract/env.ts';
import { type DueResponse, dueRequestSchema } from './contract/messages.ts';

const env = readEnv(dueEnv);
const log = createLog('due');
const due = new PostgresDueReferences(new Database(proxyConnection(env, 20_000)));

/** Hands out the references of one marketplace whose turn it is; each is leased for one interval of its schedule. */
export async function handler(event: unknown): Promise<DueResponse> {
  const { marketplace, limit } = dueRequestSchema.parse(event);
  const references = await due.claim(marketplace, limit);
  log.info('claimed', { marketplace, limit, claimed: references.length });
  return { references };
}
