import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { StorageSchema } from '../../functions/contract/manifest.ts';
import type { DatabaseAddress } from '../../local/postgres/for-tests.ts';
import { withClient } from '../adapters/postgres/retail-database.ts';

/** A statement that the functions of a release send, and the database user that sends it. */
export interface ReleasedStatement {
  user: string;
  text: string;
}

export interface Release {
  version: string;
  /** Number of its last migration. */
  migrations: number;
  statements: ReleasedStatement[];
}

export const releasedFile = (schema: StorageSchema): string =>
  fileURLToPath(new URL(`../../db/${schema}/released.sql`, import.meta.url));

export function writeRelease({ version, migrations, statements }: Release): string {
  const header = `-- Statements that the functions of the last release send, each as the user that sends it. Recorded by npm run release;
-- test/db/released.test.ts asks whether they still work with today's migrations (docs/deploy.md, "Changing the schema").
-- version: ${version}
-- migrations: ${migrations}
`;
  return [header, ...statements.map(({ user, text }) => `-- as ${user}\n${text}\n`)].join('\n');
}

export function readRelease(schema: StorageSchema): Release {
  const [header = '', ...blocks] = readFileSync(releasedFile(schema), 'utf8').split(/^-- as /m);
  return {
    version: /^-- version: (.*)$/m.exec(header)?.[1] ?? '',
    migrations: Number(/^-- migrations: (\d+)$/m.exec(header)?.[1]),
    statements: blocks.map((block) => {
      const end = block.indexOf('\n');
      return { user: block.slice(0, end), text: block.slice(end + 1).trim() };
    }),
  };
}

/**
 * What PostgreSQL refuses when it plans these statements, without parameters, as their users: columns and functions that are gone,
 * types that do not fit, rights that are missing. One sentence each.
 */
export async function refused(
  address: DatabaseAddress,
  statements: readonly ReleasedStatement[],
): Promise<string[]> {
  const found: string[] = [];
  for (const user of new Set(statements.map((one) => one.user)))
    await withClient({ ...address, user } as DatabaseAddress, async (client) => {
      for (const { text } of statements.filter((one) => one.user === user)) {
        // What cannot be explained is done, and undone.
        const plan = /^truncate/i.test(text) ? text : `explain (generic_plan) ${text}`;
        await client.query('begin');
        try {
          await client.query(plan);
        } catch (error) {
          if (!(error instanceof pg.DatabaseError)) throw error;
          found.push(`${user}: ${error.message} in: ${text.replaceAll(/\s+/g, ' ').slice(0, 120)}`);
        }
        await client.query('rollback');
      }
    });
  return found;
}
