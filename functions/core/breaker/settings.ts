import type { BreakerSettings } from './machine.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** The configured waiting times in scaled milliseconds. */
export function breakerSettings(
  configured: {
    failures: number;
    probeSeconds: number;
    maxProbeMinutes: number;
    drainBatchesPerSecond: number;
    drainMinutes: number;
  },
  timeScale: number,
): BreakerSettings {
  return {
    failures: configured.failures,
    probeMs: configured.probeSeconds * SECOND_MS * timeScale,
    maxProbeMs: configured.maxProbeMinutes * MINUTE_MS * timeScale,
    drainSpacingMs: (SECOND_MS / configured.drainBatchesPerSecond) * timeScale,
    drainMs: configured.drainMinutes * MINUTE_MS * timeScale,
    drainDoublingMs: MINUTE_MS * timeScale,
  };
}
