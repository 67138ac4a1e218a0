import { writeFileSync } from 'node:fs';
import { startStoragePostgres, withClient } from '../adapters/postgres/retail-database.ts';
import { describeSchema } from './describe-schema.ts';
import { storageSchemas } from './storage-schemas.ts';

/** Rewrites the committed descriptions of the schemas: `npm run schema`. */
for (const schema of storageSchemas) {
  const server = await startStoragePostgres(schema);
  try {
    const text = await withClient(await server.createDatabase(), describeSchema);
    writeFileSync(new URL(`../../db/${schema}/schema.sql`, import.meta.url), text);
  } finally {
    await server.stop();
  }
}
