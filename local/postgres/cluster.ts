import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import type { Account } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';
import { environment } from './launch.ts';

interface HowToMake {
  binaries: PostgresBinaries;
  account: Account;
  superuser: string;
}

/**
 * Creates an empty cluster. `template` is where an empty one is kept: to copy it takes a tenth of the time that it takes to make
 * one. It is made where there is none yet.
 */
export function createCluster(
  cluster: string,
  { template, ...how }: HowToMake & { template: string | null },
): void {
  // Built under another name, so that a start that is interrupted here leaves nothing that looks whole.
  const building = `${cluster}.new`;
  rmSync(building, { recursive: true, force: true });
  if (template !== null && existsSync(template)) {
    copy(template, building);
  } else {
    initialize(building, how);
    if (template !== null) keep(building, template);
  }
  renameSync(building, cluster);
}

function initialize(folder: string, { binaries, account, superuser }: HowToMake): void {
  const [program = '', ...words] = [
    ...account.prefix,
    binaries.initdb,
    ...['-D', folder, '-U', superuser, '--auth=trust', '--no-sync', '--encoding=UTF8'],
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
  ];
  const result = spawnSync(program, words, {
    encoding: 'utf8',
    env: environment(binaries),
    ...(account.ids ?? {}),
  });
  if (result.status !== 0)
    throw new Error(
      `PostgreSQL could not create its cluster: ${result.error?.message ?? `${result.stdout}${result.stderr}`.trim()}`,
    );
}

/** Several runners may want to at once: the first one's stays. */
function keep(made: string, template: string): void {
  const copying = `${template}.${process.pid}`;
  copy(made, copying);
  try {
    renameSync(copying, template);
  } catch (error) {
    rmSync(copying, { recursive: true, force: true });
    if (!existsSync(template)) throw error;
  }
}

/** With `cp`, which keeps the owner: the server reads nothing that is another's. */
function copy(from: string, to: string): void {
  const { status, stderr, error } = spawnSync('cp', ['-R', '-p', from, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`PostgreSQL's cluster could not be copied: ${error?.message ?? stderr}`);
}
