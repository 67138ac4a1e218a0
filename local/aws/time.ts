/** Source of time and timers for an emulator. Tests give one that stands still until it is advanced. */
export interface Time {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs once after so many milliseconds. Returns what cancels it. */
  after(milliseconds: number, run: () => void): () => void;
}

/** The machine's clock. Its timers do not keep a process alive. */
export const systemTime: Time = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
