import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { GatekeeperEvent } from '../../functions/contract/messages.ts';
import { UsageError } from '../command.ts';
import type { Stage } from '../stage/connect.ts';
import { pausable } from '../stage/pauses.ts';

type Order = NonNullable<GatekeeperEvent['operator']>;

/** The gatekeeper's order to pause what is called `target`, a marketplace or a storage domain. Throws for anything else. */
export function pauseOrder(settings: Stage['settings'], target: string, reason: string): Order {
  return kindOf(settings, target) === 'marketplace'
    ? { action: 'close', marketplace: target, reason }
    : { action: 'pause', domain: target, reason };
}

export function resumeOrder(settings: Stage['settings'], target: string): Order {
  return kindOf(settings, target) === 'marketplace'
    ? { action: 'open', marketplace: target }
    : { action: 'resume', domain: target };
}

/** Has the gatekeeper carry it out, and returns the state that the target is in afterwards. */
export async function give(stage: Stage, order: Order): Promise<string> {
  const name = stage.names.function('gatekeeper', null);
  const event: GatekeeperEvent = { operator: order };
  const { FunctionError, Payload } = await stage.clients.lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
  );
  const text = Payload === undefined ? '' : Buffer.from(Payload).toString();
  if (FunctionError !== undefined)
    throw new UsageError(
      `${name} failed: ${text.slice(0, 300)}. narx pause shows whether the order was taken; the next run, within a minute, goes by it.`,
    );
  const states = JSON.parse(text) as Record<string, string>;
  return states['marketplace' in order ? order.marketplace : order.domain] ?? 'unknown';
}

function kindOf(settings: Stage['settings'], target: string): 'marketplace' | 'domain' {
  const { marketplaces, domains } = pausable(settings);
  if (marketplaces.includes(target)) return 'marketplace';
  if (domains.includes(target)) return 'domain';
  throw new UsageError(
    `nothing is called "${target}"; there are the marketplaces ${marketplaces.join(', ')} and the storage domains ${domains.join(', ')}.`,
  );
}
