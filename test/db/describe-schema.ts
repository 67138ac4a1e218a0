import type pg from 'pg';

/**
 * The catalog of a migrated database as text that is the same for the same schema: what a reviewer wants to see change
 * when a migration changes something. Monthly partitions are left out, because their names depend on the date.
 */
export async function describeSchema(client: pg.Client): Promise<string> {
  const parts: string[] = [];
  for (const section of sections) {
    const { rows } = await client.query<{ line: string }>(section);
    parts.push(rows.map((row) => row.line.trimEnd()).join('\n'));
  }
  return `${[header, ...parts].join('\n\n')}\n`;
}

const header = `-- What the migrations make, read back from the catalog of a migrated database. Generated: change a migration, then run
-- npm run schema. A test compares this file with the migrations.`;

const ours = `c.relnamespace = 'public'::regnamespace and not c.relispartition`;

const tables = `
select format(E'table %s%s%s\\n%s', c.relname,
    case when c.relkind = 'p' then ' partition by ' || pg_get_partkeydef(c.oid) end,
    case when c.reloptions is not null then format(' with (%s)', array_to_string(c.reloptions, ', ')) end,
    (select string_agg(format('  %s %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then ' not null' end,
        case when a.attidentity = 'a' then ' generated always as identity' end,
        ' default ' || pg_get_expr(d.adbin, d.adrelid)), E'\\n' order by a.attnum)
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)) as line
from pg_class c where ${ours} and c.relkind in ('r', 'p') order by c.relname`;

const constraints = `
select format('constraint %s on %s: %s', k.conname, c.relname, pg_get_constraintdef(k.oid)) as line
from pg_constraint k join pg_class c on c.oid = k.conrelid
where ${ours} and k.contype <> 'n' order by c.relname, k.conname`;

const indexes = `
select pg_get_indexdef(i.indexrelid) as line
from pg_index i join pg_class c on c.oid = i.indrelid where ${ours} order by 1`;

const views = `
select format(E'view %s as\\n%s\\n', c.relname, pg_get_viewdef(c.oid, true)) as line
from pg_class c where ${ours} and c.relkind = 'v' order by c.relname`;

const functions = `
select pg_get_functiondef(p.oid) as line from pg_proc p
where p.pronamespace = 'public'::regnamespace order by p.proname, p.oid::regprocedure::text`;

const grants = `
select format('grant %s on %s%s to %s', string_agg(privilege, ', ' order by privilege), relname, attribute, grantee) as line
from (
  select c.relname, '' as attribute, pg_get_userbyid(x.grantee) as grantee, lower(x.privilege_type) as privilege
  from pg_class c, aclexplode(c.relacl) x where ${ours} and x.grantee <> c.relowner
  union all
  select c.relname, format(' (%s)', a.attname), pg_get_userbyid(x.grantee), lower(x.privilege_type)
  from pg_class c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) x
  where ${ours} and x.grantee <> c.relowner) granted
group by relname, attribute, grantee order by relname, attribute, grantee`;

const functionGrants = `
select format('function %s: %s', p.oid::regprocedure,
    coalesce(array_to_string(array(select case when x.grantee = 0 then 'public' else 'owner' end
      from aclexplode(p.proacl) x order by 1), ', '), 'public')) as line
from pg_proc p where p.pronamespace = 'public'::regnamespace order by p.proname, p.oid::regprocedure::text`;

const roles = `
select format('role %s%s: %s', r.rolname, case when r.rolcanlogin then ' login' end,
    (select string_agg(setting, ', ' order by setting)
     from pg_db_role_setting s, unnest(s.setconfig) setting where s.setrole = r.oid)) as line
from pg_roles r where r.rolname like 'narx\\_%' order by r.rolname`;

const sections = [tables, constraints, indexes, views, functions, grants, functionGrants, roles];
