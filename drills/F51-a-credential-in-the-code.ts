import { execFile } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { cp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Drill } from './drill.ts';
import { databaseSession } from './faults/database-session.ts';
import type { World } from './harness/world.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export const drill: Drill = {
  id: 'F51',
  failure:
    'a key and two passwords are written into the sources, and proxies with passwords of their own are blocked',
  mutation: {
    file: 'functions/adapters/proxies.ts',
    find: 'new URL(address).host',
    replace: 'address',
    removes: 'the name that stands for a proxy wherever one is told of',
    failsWith: /^places that hold a proxy’s password: /,
  },
  stack: { stage: 'drillall' },
  // The page that tells whether the block is over.
  expect: { fetchedTwice: 4 },
  async run(world) {
    const { alarms, passes } = world;
    await alarms.areOk(['gate-closed']);
    const scan = await world.inject('a key and two passwords are written into the sources', scanWithSecrets);
    world.check(
      'lines that the check refuses',
      scan.refused,
      planted.map((_, index) => index + 1),
    );
    world.check('secrets that the check prints', scan.printed, []);
    world.seenThrough('npm run check');
    await world.knobs('yandex', { block: { kind: '403' } });
    const discovery = passes.discover('yandex');
    await alarms.fires('gate-closed');
    world.check('places that hold a proxy’s password', await placesWith(world, await passwords(world)), []);
    await world.knobs('yandex', { block: null });
    await alarms.clears('gate-closed', { withinS: 90 });
    await discovery.done;
    await passes.settle();
    world.recovered();
    const dba = await databaseSession(world.stack);
    const { rows } = await dba.query('select rolname from pg_authid where rolpassword is not null');
    await dba.end();
    world.check('database users with a password', rows, []);
  },
};

/** Made up, and put together here: this file is looked through, too. */
const made = ['Zr5t', 'q9Lm2x', 'Tb8Kc'].join('');
const planted = [
  `const key = { ${'secret'}AccessKey: '${['f7Nq2vXzKp9RtLw4YbHs', '8JcMd3GaEu6TiOoV1QmB'].join('')}' };`,
  `const client = new Client({ ${'pass'}word: '${made}' });`,
  `const database = 'postgres://narx_master:${made}@db.narx.internal:5432/ecommerce';`,
];

/** What `npm run check` says to the functions with these lines. */
async function scanWithSecrets(): Promise<{ refused: number[]; printed: string[] }> {
  const copy = join(tmpdir(), `narx-drill-f51-${process.pid}`);
  try {
    for (const folder of ['functions', join('test', 'support')])
      await cp(join(root, folder), join(copy, folder), { recursive: true });
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    const file = join('functions', 'adapters', 'clients.ts');
    const before = readFileSync(join(copy, file), 'utf8').split('\n').length - 1;
    appendFileSync(join(copy, file), `${planted.join('\n')}\n`);
    const said = await promisify(execFile)(process.execPath, ['test/support/secret-scan.ts'], { cwd: copy })
      .then(() => 'nothing')
      .catch((error: { stderr: string }) => error.stderr);
    const lines = [...said.matchAll(/^secrets: functions\/adapters\/clients\.ts:(\d+): /gm)];
    return {
      refused: [...new Set(lines.map(([, line]) => Number(line) - before))].sort(),
      printed: planted.filter((line) => said.includes(line)).concat(said.includes(made) ? [made] : []),
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Of the proxies, as the functions were told of them. */
async function passwords({ stack }: World): Promise<string[]> {
  return (stack.endpoints.proxies?.['yandex'] ?? []).map((address) => new URL(address).password);
}

/** Where one of these words stands: in a line of the log, in the coordination table, or in a message. */
async function placesWith({ log, stack }: World, words: string[]): Promise<string[]> {
  const holds = (text: string): boolean => words.some((word) => text.includes(word));
  const places = log.filter(({ line }) => holds(line)).map(({ source }) => `the log of ${source}`);
  for (const { name: TableName } of stack.model.tables) {
    const { Items = [] } = await stack.clients.dynamodb.send(new ScanCommand({ TableName }));
    places.push(
      ...Items.filter((item) => holds(JSON.stringify(item))).map(({ pk, sk }) => `item ${pk?.S} ${sk?.S}`),
    );
  }
  return [...new Set(places)];
}
