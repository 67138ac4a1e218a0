import type { Job, ProbeResult, VisitsMessage } from '../../functions/contract/messages.ts';
import type { Probe } from '../../functions/core/ports/fetching.ts';
import type { QueueConsumers } from '../../functions/core/ports/queues.ts';
import type { StorageProbe } from '../../functions/core/ports/storage.ts';
import { scrapeEnvironment, storeEnvironment } from './environments.ts';
import { runGatekeeper } from './functions.ts';
import { asked, invoke } from './invocations.ts';
import type { Process } from './process.ts';
import type { Consumer } from './services/consumer.ts';
import { limits, type World } from './world.ts';

const MINUTE_MS = 60_000;

/** The gatekeeper, with the mappings that it turns on and off, and the functions that it asks to probe. */
export class Gatekeeper {
  readonly #world: World;
  readonly #scrapers: Consumer<Job>;
  readonly #stores: Consumer<VisitsMessage>;

  constructor(world: World, scrapers: Consumer<Job>, stores: Consumer<VisitsMessage>) {
    this.#world = world;
    this.#scrapers = scrapers;
    this.#stores = stores;
  }

  /** Left out where it would find everything as it should be. */
  async run(n: number): Promise<void> {
    const world = this.#world;
    if (this.#isAllOpen()) return;
    await invoke(world, 'gatekeeper', MINUTE_MS, (process) => {
      const consumers = this.#consumers(process);
      const ports = { consumers, scrape: this.#probe(process), store: this.#storageProbe(process) };
      return runGatekeeper(world, process, ports, `gatekeeper ${n}`);
    });
  }

  #isAllOpen(): boolean {
    const { table } = this.#world;
    const stateOf = (pk: string): string | undefined => {
      const stored = table.partition(pk)[0]?.['state']?.S;
      return stored === undefined ? undefined : (JSON.parse(stored) as { state: string }).state;
    };
    const open = (stateOf(`GATE#${limits.marketplace}`) ?? 'open') === 'open';
    const closed = (stateOf(`BREAKER#${limits.domain}`) ?? 'closed') === 'closed';
    return open && closed && this.#scrapers.enabled && this.#stores.enabled;
  }

  #consumers(process: Process): QueueConsumers {
    const consumer = (mapping: string) => (mapping === 'jobs' ? this.#scrapers : this.#stores);
    return {
      state: (mapping) =>
        process.call('GetEventSourceMapping', () => (consumer(mapping).enabled ? 'enabled' : 'disabled')),
      setEnabled: (mapping, enabled) =>
        process.call('UpdateEventSourceMapping', () => {
          this.#world.scheduler.after(3_000, () => {
            consumer(mapping).enabled = enabled;
          });
          return true;
        }),
    };
  }

  #probe(gatekeeper: Process): Probe {
    const failed: ProbeResult = { outcome: 'failed', detail: 'no answer', retryAfterMs: null };
    return {
      probe: async (_, request) => {
        const { process, probe } = scrapeEnvironment(this.#world);
        return await asked(gatekeeper, process, failed, () => probe(request, () => MINUTE_MS));
      },
    };
  }

  #storageProbe(gatekeeper: Process): StorageProbe {
    return {
      probe: async () => {
        const { process, probe } = storeEnvironment(this.#world);
        return await asked(gatekeeper, process, { failure: 'no answer' }, probe);
      },
    };
  }
}
