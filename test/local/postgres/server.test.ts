import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isAlive } from '../../../local/lifecycle/processes.ts';
import { type PostgresServer, startPostgres, superuser } from '../../../local/postgres/server.ts';

let dataDir: string;
const started: PostgresServer[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'narx-postgres-test-'));
});
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(settings?: Record<string, string>): Promise<PostgresServer> {
  const server = await startPostgres({ dataDir, ...(settings ? { settings } : {}) });
  started.push(server);
  return server;
}

async function query(server: PostgresServer, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: superuser,
    database: 'postgres',
  });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

test('a committed row survives SIGKILL of the server and a restart on the same port', async () => {
  const server = await start();
  await query(server, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)');
  const before = { port: server.port, pid: server.pid };
  await server.kill();
  expect(isAlive(before.pid)).toBe(false);
  await server.restart();
  expect(await query(server, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
  expect(server.port).toBe(before.port);
  expect(server.pid).not.toBe(before.pid);
});

test('clusters that begin with a template are made once and have nothing in common afterwards', async () => {
  const template = path.join(dataDir, 'template');
  const begin = async (name: string): Promise<PostgresServer> => {
    const server = await startPostgres({ dataDir: path.join(dataDir, name), template });
    started.push(server);
    return server;
  };
  const first = await begin('first');
  const made = statSync(path.join(template, 'PG_VERSION')).ino;
  await query(first, 'CREATE TABLE kept (id int)');
  const second = await begin('second');
  expect(statSync(path.join(template, 'PG_VERSION')).ino).toBe(made);
  await expect(query(second, 'SELECT id FROM kept')).rejects.toThrow('does not exist');
  expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('what was committed survives an immediate stop', async () => {
  const server = await start();
  await query(server, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)');
  const { pid } = server;
  await server.stop('immediate');
  expect(isAlive(pid)).toBe(false);
  await server.restart();
  expect(await query(server, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
});

test('a server that somebody kills comes back by itself; one that was ended does not', async () => {
  const server = await start();
  await query(server, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)');
  const { pid } = server;
  process.kill(pid, 'SIGKILL');
  await vi.waitUntil(() => server.pid !== pid, { timeout: 20_000 });
  expect(await query(server, 'SELECT id FROM kept')).toEqual([{ id: 7 }]);
  process.kill(server.pid, 'SIGKILL');
  await vi.waitUntil(() => !isAlive(server.pid));
  await server.stop();
  await expect(query(server, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
});

test('the server is durable, in UTC and UTF-8, and compares text the same way on every machine', async () => {
  const server = await start();
  const [row] = await query(
    server,
    `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
            current_setting('TimeZone') AS zone, current_setting('server_encoding') AS encoding,
            current_setting('listen_addresses') AS addresses, lower('ЎЗБ') AS lowered`,
  );
  expect(row).toEqual({
    fsync: 'on',
    commit: 'on',
    zone: 'UTC',
    encoding: 'UTF8',
    addresses: '127.0.0.1',
    lowered: 'ўзб',
  });
});

test('a later start keeps the data and takes the settings that it is given', async () => {
  const first = await start();
  await query(first, 'CREATE TABLE kept (id int)');
  await first.stop();
  const second = await start({ work_mem: '8MB' });
  expect(await query(second, "SELECT current_setting('work_mem') AS mem, count(*)::int FROM kept")).toEqual([
    { mem: '8MB', count: 0 },
  ]);
});

test('a server that a killed runner left behind is stopped by the next start on the folder', async () => {
  const left = await start();
  const next = await start();
  expect(isAlive(left.pid)).toBe(false);
  expect(isAlive(next.pid)).toBe(true);
});

test('the server stops by itself when its runner is killed', async () => {
  const module = path.resolve('local/postgres/server.ts');
  const runner = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { startPostgres } from ${JSON.stringify(module)};
       const server = await startPostgres({ dataDir: ${JSON.stringify(dataDir)} });
       console.log(server.pid);
       setInterval(() => undefined, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [chunk] = await once(runner.stdout, 'data');
  const pid = Number(String(chunk));
  expect(isAlive(pid)).toBe(true);
  runner.kill('SIGKILL');
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5_000 });
});

test('a server that cannot start says why in its own words', async () => {
  await expect(start({ shared_buffers: 'plenty' })).rejects.toThrow(/shared_buffers/);
});
