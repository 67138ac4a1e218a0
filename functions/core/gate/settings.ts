import type { GateSettings } from './machine.ts';

const HOUR_MS = 3600_000;
/** The gatekeeper's own interval. */
const RETRY_MS = 60_000;

/** The configured cool-downs in scaled milliseconds. */
export function gateSettings(
  configured: { cooldownHours: number; maxCooldownHours: number },
  timeScale: number,
): GateSettings {
  return {
    coolDownMs: configured.cooldownHours * HOUR_MS * timeScale,
    maxCoolDownMs: configured.maxCooldownHours * HOUR_MS * timeScale,
    retryMs: RETRY_MS * timeScale,
  };
}
