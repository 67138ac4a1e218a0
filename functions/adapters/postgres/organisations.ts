import type { Party } from '../../core/history/lot.ts';
import type { Session } from './database.ts';
import { arrayOf, instant } from './values.ts';

/** Ids of the organisations that parties are. */
export interface Organisations {
  idOf(party: Party | null): string | null;
}

interface Stated {
  readonly party: Party;
  readonly at: number;
}

interface Stored {
  readonly id: string;
  readonly name: string;
  readonly namedAt: number;
}

const ENSURE = `
with given as (select * from unnest($1::text[], $2::text[], $3::timestamptz[]) as g (inn, name, named_at)),
known as (
  select o.* from organisation o join given g on o.inn = g.inn
  union all
  select o.* from organisation o join given g on o.name = g.name and o.inn is null where g.inn is null),
added as (
  insert into organisation (inn, name, named_at)
  select inn, coalesce(name, inn), named_at from given g
  where not exists (select from known k where k.inn = g.inn or (g.inn is null and k.inn is null and k.name = g.name))
  order by inn, name
  on conflict do nothing
  returning *)
select id, inn, name, named_at from added union all select id, inn, name, named_at from known`;

const RENAME = `
update organisation o set name = g.name, named_at = g.named_at
from unnest($1::bigint[], $2::text[], $3::timestamptz[]) as g (id, name, named_at)
where o.id = g.id and (o.named_at <= g.named_at or o.name = o.inn)`;

/**
 * Adds the organisations that are missing and brings names up to date where a statement is newer. Who has a tax number is
 * known by it, everybody else by name.
 */
export async function ensureOrganisations(
  session: Session,
  stated: readonly Stated[],
): Promise<Organisations> {
  const newest = new Map<string, Stated>();
  for (const one of stated) {
    const name = keyOf(one.party);
    const kept = newest.get(name);
    if (kept === undefined || supersedes(one, kept.at, kept.party.name)) newest.set(name, one);
  }
  const stored = await ensure(session, newest);
  await rename(session, newest, stored);
  return { idOf: (party) => (party === null ? null : (stored.get(keyOf(party))?.id ?? null)) };
}

function keyOf({ inn, name }: Party): string {
  return inn === null ? `name ${name}` : `inn ${inn}`;
}

/** A statement without a name changes none; of two of one instant the greater name stands, in any order of arrival. */
function supersedes({ party: { name }, at }: Stated, otherAt: number, otherName: string | null): boolean {
  if (name === null) return false;
  return otherName === null || at > otherAt || (at === otherAt && name > otherName);
}

async function ensure(
  session: Session,
  newest: ReadonlyMap<string, Stated>,
): Promise<ReadonlyMap<string, Stored>> {
  const stored = new Map<string, Stored>();
  const given = [...newest.values()];
  const parameters = [
    arrayOf(given.map(({ party }) => party.inn)),
    arrayOf(given.map(({ party }) => party.name)),
    arrayOf(given.map(({ at }) => instant(at))),
  ];
  // Twice at most: a row that a concurrent transaction added is seen by the second statement, not by the first.
  for (let attempt = 0; attempt < 2 && stored.size < newest.size; attempt += 1) {
    for (const [id, inn, name, namedAt] of await session.rows<[string, string | null, string, number]>(
      ENSURE,
      parameters,
    ))
      stored.set(keyOf({ inn, name }), { id, name, namedAt });
  }
  return stored;
}

async function rename(
  session: Session,
  newest: ReadonlyMap<string, Stated>,
  stored: ReadonlyMap<string, Stored>,
): Promise<void> {
  const renamed = [...newest]
    .flatMap(([key, stated]) => {
      const old = stored.get(key);
      const { name } = stated.party;
      if (old === undefined || name === null || name === old.name) return [];
      // A row without a stated name carries the number in its place.
      const oldName = old.name === stated.party.inn ? null : old.name;
      return supersedes(stated, old.namedAt, oldName) ? [{ id: old.id, name, at: stated.at }] : [];
    })
    .sort((a, b) => Number(BigInt(a.id) - BigInt(b.id)));
  if (renamed.length === 0) return;
  await session.rows(RENAME, [
    arrayOf(renamed.map(({ id }) => id)),
    arrayOf(renamed.map(({ name }) => name)),
    arrayOf(renamed.map(({ at }) => instant(at))),
  ]);
}
