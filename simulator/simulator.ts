import { Control } from './control.ts';
import { Epochs } from './epochs.ts';
import { ForwardProxy } from './http/forward-proxy.ts';
import { Front } from './http/front.ts';
import { OlxSite } from './olx/site.ts';
import type { SimulatorOptions } from './options.ts';
import type { Site } from './site.ts';
import { UzexSite } from './uzex/site.ts';
import { UzumSite } from './uzum/site.ts';
import { YandexSite } from './yandex/site.ts';

/** The running marketplaces. `origins` maps each real origin to the loopback origin that answers for it. */
export interface Simulator {
  readonly control: string;
  readonly origins: Record<string, string>;
  /** Addresses of the forward proxies, for marketplaces that serve nobody without one. */
  readonly proxies: readonly string[];
  close(): Promise<void>;
}

/** Starts every marketplace and the control API on loopback. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const epochs = new Epochs(() => new Date());
  const sites: Site[] = [
    new UzumSite(options.uzum),
    new OlxSite(options.olx),
    new UzexSite(options.uzex),
    new YandexSite(options.yandex),
  ];
  const fronts = sites.map((site) => new Front(site, options.seed, epochs));
  const origins: Record<string, string> = {};
  for (const front of fronts) Object.assign(origins, await front.listen());
  const proxies = Array.from({ length: options.proxies }, () => new ForwardProxy());
  const addresses = await Promise.all(proxies.map((proxy) => proxy.listen()));
  const control = new Control(options.seed, epochs, fronts, proxies);
  return {
    control: await control.listen(options.controlPort),
    origins,
    proxies: addresses,
    close: async () => {
      control.close();
      await Promise.all([...proxies, ...fronts].map((part) => part.close()));
    },
  };
}
