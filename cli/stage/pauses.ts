import { DynamoBreakers } from '../../functions/adapters/dynamodb/breakers.ts';
import { DynamoGates } from '../../functions/adapters/dynamodb/gates.ts';
import { DynamoPauses } from '../../functions/adapters/dynamodb/pauses.ts';
import { DynamoStorages } from '../../functions/adapters/dynamodb/storages.ts';
import { type Pause, pausesOfDomain, pausesOfMarketplace } from '../../functions/core/pauses.ts';
import type { Stage } from './connect.ts';

/** What of a stage is paused: a marketplace is not asked, a storage domain is not written to. */
export type StagePause = Pause & ({ marketplace: string } | { domain: string });

/** Every pause of a stage, read from the coordination table: what the gatekeeper goes by, whatever the mappings do yet. */
export async function stagePauses({ names, settings, clients }: Stage): Promise<StagePause[]> {
  const { marketplaces, domains } = pausable(settings);
  const gates = new DynamoGates(clients.dynamodb, names.table);
  const breakers = new DynamoBreakers(clients.dynamodb, names.table);
  const operators = new DynamoPauses(clients.dynamodb, names.table);
  const storages = new DynamoStorages(clients.dynamodb, names.table);
  const found = await Promise.all([
    ...marketplaces.map(async (marketplace) =>
      pausesOfMarketplace(await gates.read(marketplace)).map((pause) => ({ marketplace, ...pause })),
    ),
    ...domains.map(async (domain) => {
      const [breaker, operator, storage] = await Promise.all([
        breakers.read(domain),
        operators.read(domain),
        storages.read(domain),
      ]);
      return pausesOfDomain({ breaker, operator, storage }).map((pause) => ({ domain, ...pause }));
    }),
  ]);
  return found.flat();
}

/** What a stage has that can be paused: its marketplaces that are switched on, and their storage domains. */
export function pausable({ marketplaces }: Pick<Stage['settings'], 'marketplaces'>): {
  marketplaces: string[];
  domains: string[];
} {
  const enabled = Object.entries(marketplaces).filter(([, settings]) => settings.enabled);
  return {
    marketplaces: enabled.map(([id]) => id),
    domains: [...new Set(enabled.map(([, { domain }]) => domain))],
  };
}
