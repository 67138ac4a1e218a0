import { writeFileSync } from 'node:fs';
import { startRetailPostgres, withClient } from '../adapters/postgres/retail-database.ts';
import { describeSchema } from './describe-schema.ts';

/** Rewrites the committed description of the schema: `node test/db/write-schema.ts`. */
const server = await startRetailPostgres();
try {
  const text = await withClient(await server.createDatabase(), describeSchema);
  writeFileSync(new URL('../../db/retail/schema.sql', import.meta.url), text);
} finally {
  await server.stop();
}
