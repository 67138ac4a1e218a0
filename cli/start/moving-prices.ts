import type { Session } from './session.ts';

const MINUTE_MS = 60_000;
/** By then everything has been swept once, and the audits have not yet had to wonder. */
const FIRST_AFTER_MINUTES = 5;
const EVERY_MINUTES = 60;

/**
 * Lets the simulated prices move on the stack's own clock: a marketplace whose prices stand still for a day is one that is
 * not really read, and an alarm says so (price-changes-per-day). `onTrouble` is told when the simulator does not answer.
 */
export function movePrices(
  { simulator }: Pick<Session, 'simulator'>,
  timeScale: number,
  onTrouble: (sentence: string) => void,
): void {
  const move = (): void => {
    simulator
      .nextEpoch()
      .catch((error: unknown) => onTrouble(`Prices do not change: the simulator said ${String(error)}`));
    setTimeout(move, EVERY_MINUTES * MINUTE_MS * timeScale).unref();
  };
  setTimeout(move, FIRST_AFTER_MINUTES * MINUTE_MS * timeScale).unref();
}
