import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type DatabaseAddress,
  startTestPostgres,
  type TestPostgres,
} from '../../../local/postgres/for-tests.ts';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startTestPostgres(async (template) => {
    await query(template, 'CREATE TABLE migrated (id int PRIMARY KEY)');
  });
});
afterAll(() => postgres.stop());

async function query(address: DatabaseAddress, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(address);
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

test('every database starts from the prepared template and sees nothing of the others', async () => {
  const [first, second] = [await postgres.createDatabase(), await postgres.createDatabase()];
  await query(first, 'INSERT INTO migrated VALUES (1)');
  expect(await query(first, 'SELECT id FROM migrated')).toEqual([{ id: 1 }]);
  expect(await query(second, 'SELECT id FROM migrated')).toEqual([]);
});
