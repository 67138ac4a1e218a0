import { Control } from './control.ts';
import { Epochs } from './epochs.ts';
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
  const control = new Control(options.seed, epochs, fronts);
  return {
    control: await control.listen(options.controlPort),
    origins,
    close: async () => {
      control.close();
      await Promise.all(fronts.map((front) => front.close()));
    },
  };
}
