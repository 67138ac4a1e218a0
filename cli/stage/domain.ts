import { UsageError } from '../command.ts';
import type { Stage } from './connect.ts';

/** The storage domain that a command is about: the one asked for, or the only one. Throws a UsageError that names those there are. */
export function domainOf({ names, name }: Pick<Stage, 'names' | 'name'>, asked: string | undefined): string {
  const domains = names.queues.filter(({ kind }) => kind === 'snapshots').map(({ owner }) => owner);
  if (asked !== undefined) {
    if (domains.includes(asked)) return asked;
    throw new UsageError(`stage ${name} has no storage domain "${asked}"; it has ${domains.join(', ')}.`);
  }
  const [only] = domains;
  if (only !== undefined && domains.length === 1) return only;
  throw new UsageError(
    `stage ${name} has several storage domains; name one with --domain: ${domains.join(', ')}.`,
  );
}
