import type { RateSettings } from '../contract/env.ts';
import { Exits } from './exits.ts';
import { gateSettings } from './gate/settings.ts';
import type { Marketplace } from './marketplace.ts';
import { ConfigurationError } from './model/errors.ts';
import { type Gate, newGate } from './model/gate.ts';
import { newPace, type Pace } from './model/pace.ts';
import { Pacer } from './pace/pacer.ts';
import { directExit, type Fetcher } from './ports/fetching.ts';
import type { Clock, Log } from './ports/runtime.ts';
import type { Shared } from './ports/shared.ts';
import { Robots, type RobotsSettings } from './robots/robots.ts';
import { Visitor } from './visitor.ts';
import { Watched } from './watched.ts';

export interface ApproachPorts {
  fetcher: Fetcher;
  gates: Shared<Gate>;
  paces: Shared<Pace>;
  clock: Clock;
  log: Log;
  sleep: (ms: number) => Promise<unknown>;
}

export interface ApproachSettings {
  /** Names of the configured proxies; none is the direct way. */
  proxies: readonly string[];
  gate: { cooldownHours: number; maxCooldownHours: number };
  rate: RateSettings;
  robotsOverrides: RobotsSettings['overrides'];
  /** Factor on every wait. */
  timeScale: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * A marketplace with all that stands between it and us: gate, pace, robots rules and exits. Whoever asks a marketplace for
 * anything, a function or a command, asks through this. Throws ConfigurationError when nobody is served without proxies and
 * there are none (F31).
 */
export function approach(
  marketplace: Marketplace,
  ports: ApproachPorts,
  settings: ApproachSettings,
): Visitor {
  const { manifest } = marketplace;
  const { proxies, rate, timeScale } = settings;
  const { fetcher, gates, paces, clock, log, sleep } = ports;
  if (manifest.requiresProxy && proxies.length === 0) {
    throw new ConfigurationError([
      `${manifest.title} serves nobody without proxies: name a secret that lists them in marketplaces.${manifest.id}.proxies of narx.config.ts.`,
    ]);
  }
  /** How old the view of what all workers share may be. Scaled, but not so far that every job reads it. */
  const freshMs = Math.max(5_000 * timeScale, 1_000);
  const watch = <T>(shared: Shared<T>, initial: T): Watched<T> =>
    new Watched(shared, manifest.id, initial, { clock, log }, freshMs);
  return new Visitor(
    {
      marketplace,
      fetcher,
      gate: watch(gates, newGate()),
      pacer: new Pacer(watch(paces, newPace(rate.initialPerSecond)), clock, sleep, { rate, timeScale }),
      robots: new Robots(
        {
          overrides: settings.robotsOverrides,
          freshMs: DAY_MS * timeScale,
          retryMs: MINUTE_MS * timeScale,
        },
        { clock, log },
        (page) => marketplace.classify(page)?.outcome === 'blocked',
      ),
      exits: new Exits(proxies.length > 0 ? proxies : [directExit]),
      clock,
      log,
    },
    { gate: gateSettings(settings.gate, timeScale) },
  );
}
