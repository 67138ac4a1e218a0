import { appendFileSync, cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Drill } from './drill.ts';
import type { World } from './harness/world.ts';

export const drill: Drill = {
  id: 'F53',
  failure:
    'a migration fails in the middle, the mended one is deployed, and then the version before is put back',
  mutation: {
    file: 'functions/adapters/postgres/migrations.ts',
    find: 'return row.oldest_code > known',
    replace: 'return row.oldest_code >= 0',
    removes: 'the word of a migration on who works with it: a database that is ahead is refused',
    failsWith: /^migrate of the version before: /,
  },
  async run(world) {
    const sweep = world.passes.sweep();
    await world.until('something is stored', () => sweep.books().stored > 0);
    const broken = await world.inject('a migration that fails half way is deployed', () =>
      migrateWith(world, 'broken', 'alter table sku add column colour text;\nselect 1 / 0;\n'),
    );
    world.check('the failed migration fails the deployment', broken.functionError, 'Unhandled');
    await world.alarms.fires('migration-failed');
    const mended = await migrateWith(world, 'mended', 'alter table sku add column colour text;\n');
    world.check('migrate after mending', [mended.functionError, applied(mended)], [null, 1]);
    // The functions that write have been the old ones all the time.
    const back = await migrateWith(world, 'back', null);
    world.check('migrate of the version before', back.functionError, null);
    await sweep.done;
    await world.alarms.clears('migration-failed');
    world.recovered();
    await world.passes.newPrices();
    await world.passes.refresh().done;
  },
};

const applied = ({ payload }: { payload: unknown }): number | null =>
  (payload as { applied?: unknown[] }).applied?.length ?? null;

/** What CloudFormation does when the code of migrate has changed: puts it into operation and calls it. Null: the code as it was. */
async function migrateWith(world: World, name: string, migration: string | null) {
  const { host } = world.stack;
  const spec = host.functions().find((one) => one.logicalId === 'MigrateEcommerce');
  if (!spec) throw new Error('The stack has no migrate.');
  const first = spec.codeDir;
  if (migration !== null) {
    spec.codeDir = join(world.folder, `migrate-${name}`);
    cpSync(first, spec.codeDir, { recursive: true });
    const folder = join(spec.codeDir, 'db', 'retail', 'migrations');
    const number = String(readdirSync(folder).length + 1).padStart(4, '0');
    writeFileSync(join(folder, `${number}-later.sql`), migration);
    appendFileSync(join(spec.codeDir, 'index.mjs'), `\n// ${name}\n`);
  }
  const renew = async (): Promise<void> => {
    const old = host.pids()[spec.name] ?? [];
    world.processes.signal('SIGKILL', old);
    // One that is on its way out must not get the invocation.
    await world.until('the environments of before are gone', () =>
      (host.pids()[spec.name] ?? []).every((pid) => !old.includes(pid)),
    );
  };
  await renew();
  const invocation = await host.invoke(spec.name, {});
  await renew();
  spec.codeDir = first;
  return invocation;
}
