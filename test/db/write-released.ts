import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { migrationsOf, startStoragePostgres } from '../adapters/postgres/retail-database.ts';
import { type ReleasedStatement, refused, releasedFile, writeRelease } from './released.ts';
import { storageSchemas } from './storage-schemas.ts';

const transaction = /^(?:begin|commit|rollback|set|explain)\b/i;

/** After the last test: what was written down becomes `db/<schema>/released.sql`, for every schema that can plan it. */
export function teardown(): Promise<void> {
  return write(process.env['NARX_RECORD_STATEMENTS'] ?? '');
}

async function write(folder: string): Promise<void> {
  const recorded = new Map<string, ReleasedStatement>();
  for (const name of readdirSync(folder))
    for (const line of readFileSync(join(folder, name), 'utf8').trim().split('\n')) {
      const statement = JSON.parse(line) as ReleasedStatement;
      if (!transaction.test(statement.text)) recorded.set(`${statement.user}\n${statement.text}`, statement);
    }
  rmSync(folder, { recursive: true });
  const sorted = [...recorded].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, statement]) => statement);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  for (const schema of storageSchemas) {
    const server = await startStoragePostgres(schema);
    try {
      const address = await server.createDatabase();
      const statements: ReleasedStatement[] = [];
      for (const statement of sorted)
        if ((await refused(address, [statement])).length === 0) statements.push(statement);
      const migrations = migrationsOf(schema).length;
      writeFileSync(releasedFile(schema), writeRelease({ version, migrations, statements }));
      process.stdout.write(`${schema}: ${statements.length} of ${sorted.length} statements\n`);
    } finally {
      await server.stop();
    }
  }
}
