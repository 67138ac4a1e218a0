import { z } from 'zod';

/**
 * What the infrastructure and the tools need to know of a marketplace without loading its parser. Data only.
 * What an operator may tune (rates, budgets, schedules) is in `narx.config.ts` instead.
 */
export const manifestSchema = z.object({
  id: z.string().regex(/^[a-z][a-z0-9-]{1,19}$/),
  /** For people: "Uzum". */
  title: z.string().min(1),
  /** Which set of tables the marketplace's storage domain must have. */
  storageSchema: z.enum(['retail', 'procurement']),
  /** The only hosts that may be asked, redirects included (SSRF guard, F54). */
  hosts: z.array(z.string().min(1)).min(1),
  /** What the numeric id sweep walks over; null where ids cannot be guessed. */
  sweepKind: z.enum(['product', 'ad', 'lot']).nullable(),
  /** True where nobody is served without configured proxies (F31). */
  requiresProxy: z.boolean(),
  /** Largest response body that is read, in bytes after decompression. Larger ones are refused as `format-changed`. */
  maxBodyBytes: z.number().int().positive(),
});
export type MarketplaceManifest = z.infer<typeof manifestSchema>;
export type StorageSchema = MarketplaceManifest['storageSchema'];
