import { z } from 'zod';

/** What a reference points at. `product`, `ad` and `lot` become snapshots; `listing` pages only yield references. */
export const referenceKinds = ['product', 'ad', 'lot', 'listing'] as const;

/** One thing to fetch. Within a marketplace, kind and external id are its identity. */
export const referenceSchema = z.object({
  kind: z.enum(referenceKinds),
  externalId: z.string().min(1).max(200),
  /** While it waits for another visit: how many in a row found an empty page. No part of the identity. */
  emptied: z.number().int().positive().optional(),
});
export type Reference = z.infer<typeof referenceSchema>;

/** That identity, as the key of a map or a set. */
export function referenceKey({ kind, externalId }: Reference): string {
  return `${kind} ${externalId}`;
}
