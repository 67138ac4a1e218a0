import { type ProbeResult, probeRequestSchema } from '../contract/messages.ts';
import type { Marketplace } from './marketplace.ts';
import { PoisonMessage } from './model/errors.ts';
import type { TimeBudget } from './scrape-limits.ts';
import type { Visitor } from './visitor.ts';

/**
 * What the gatekeeper asks for: one visit past the closed gate. What the page says is not kept, because the reference is
 * parked and will be visited in its turn. Throws PoisonMessage for a request that is not one of this marketplace's.
 */
export async function probe(
  marketplace: Marketplace,
  visitor: Visitor,
  raw: unknown,
  budget: TimeBudget,
): Promise<ProbeResult> {
  const result = probeRequestSchema.safeParse(raw);
  if (!result.success || result.data.probe.marketplace !== marketplace.manifest.id) {
    throw new PoisonMessage(`Not a probe for ${marketplace.manifest.id}.`);
  }
  const { reference } = result.data.probe;
  return await visitor.probe({ reference, request: marketplace.request(reference), index: 0 }, budget);
}
