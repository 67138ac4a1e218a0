import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { S3QuarantinedObjects } from '../../functions/adapters/s3/quarantine.ts';
import { type Quarantined, quarantinePrefix } from '../../functions/contract/quarantine.ts';
import { UsageError } from '../command.ts';
import type { Stage } from '../stage/connect.ts';

/** What the key of a quarantined object tells. */
export interface QuarantinedKey {
  key: string;
  marketplace: string;
  /** Of the page or row, UTC. */
  day: string;
  reason: string;
  type: 'page' | 'row';
}

export interface Filter {
  marketplace: string | undefined;
  reason: string | undefined;
}

/** The objects that fit, by marketplace and then oldest first; nothing of them is read. */
export async function listQuarantine({ clients, names }: Stage, filter: Filter): Promise<QuarantinedKey[]> {
  const { marketplace, reason } = filter;
  const prefix = marketplace === undefined ? quarantinePrefix : `${quarantinePrefix}${marketplace}/`;
  const found: QuarantinedKey[] = [];
  const input = { Bucket: names.buckets.quarantine, Prefix: prefix };
  for await (const { Contents = [] } of paginateListObjectsV2({ client: clients.s3 }, input))
    for (const { Key = '' } of Contents) {
      const told = parse(Key);
      if (told !== null && (reason === undefined || told.reason === reason)) found.push(told);
    }
  return found;
}

/** One object, decoded. Throws a UsageError when there is none. */
export async function readQuarantine({ clients, names }: Stage, key: string): Promise<Quarantined> {
  const object = await new S3QuarantinedObjects(clients.s3, names.buckets.quarantine).get(key);
  if (object === null)
    throw new UsageError(`no object ${key} in the quarantine; narx quarantine list --keys names them.`);
  return object;
}

function parse(key: string): QuarantinedKey | null {
  const [, marketplace, day, reason, name] = key.split('/');
  if (!marketplace || !day || !reason || !name) return null;
  return { key, marketplace, day, reason, type: name.startsWith('row-') ? 'row' : 'page' };
}
