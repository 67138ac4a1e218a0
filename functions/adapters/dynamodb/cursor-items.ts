import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { StopMarketplace } from '../../core/model/errors.ts';
import type { Cursor, CursorKey } from '../../core/ports/checkpoints.ts';
import { cursorKey, type Item } from './items.ts';

const instant = z.iso.datetime();
const position = z.number().int().nonnegative().nullable();
export const cursorItem = z.object({
  marketplace: z.string(),
  mode: z.enum(['sweep', 'refresh', 'discover']),
  version: z.number().int().positive(),
  owner: z.string().min(1),
  leaseExpiresAt: instant,
  sweepId: z.string().min(1).nullable(),
  sweepStartedAt: instant.nullable(),
  position,
  previousPosition: position,
  slot: instant.nullable(),
  updatedAt: instant,
});

export function encodeCursor(cursor: Cursor): Item {
  const { leaseExpiresAt, sweepStartedAt, updatedAt, ...rest } = cursor;
  return {
    ...cursorKey(cursor.marketplace, cursor.mode),
    ...marshall({
      ...rest,
      leaseExpiresAt: leaseExpiresAt.toISOString(),
      sweepStartedAt: sweepStartedAt?.toISOString() ?? null,
      updatedAt: updatedAt.toISOString(),
    }),
  };
}

/** Throws StopMarketplace, which names the fields and the command, for an item that is not a cursor of this key. */
export function decodeCursor(key: CursorKey, item: Record<string, AttributeValue>): Cursor {
  const { marketplace, mode } = key;
  const its = cursorItem.extend({ marketplace: z.literal(marketplace), mode: z.literal(mode) });
  const result = its.safeParse(unmarshall(item));
  if (!result.success) {
    throw new StopMarketplace(
      `The cursor of ${marketplace}/${mode} cannot be read (${result.error.issues
        .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
        .join(
          '; ',
        )}). It is never taken for a fresh start. Repair it: npx narx checkpoint repair ${marketplace} --mode ${mode}.`,
    );
  }
  const { leaseExpiresAt, sweepStartedAt, updatedAt, ...rest } = result.data;
  return {
    ...rest,
    leaseExpiresAt: new Date(leaseExpiresAt),
    sweepStartedAt: sweepStartedAt === null ? null : new Date(sweepStartedAt),
    updatedAt: new Date(updatedAt),
  };
}
