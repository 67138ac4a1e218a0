/** When what happened in a drill, and what a person is told of it meanwhile. */
export class Stopwatch {
  readonly #startedAt = performance.now();
  readonly #tell: (seconds: number, text: string) => void;
  #injectedAt: number | null = null;
  /** Who saw the failure first, and how long after it began, in seconds. */
  detected: { by: string; afterS: number } | null = null;
  recoveredAfterS: number | null = null;

  constructor(tell: (seconds: number, text: string) => void) {
    this.#tell = tell;
  }

  /** One line: what is happening now. */
  phase(text: string): void {
    this.#tell((performance.now() - this.#startedAt) / 1000, text);
  }

  injected(what: string): void {
    this.#injectedAt ??= performance.now();
    this.phase(what);
  }

  seen(by: string): void {
    this.detected ??= { by, afterS: this.#sinceInjection() };
    this.phase(`seen through ${by}`);
  }

  recovered(): void {
    this.recoveredAfterS = this.#sinceInjection();
    this.phase('recovered');
  }

  /** Wall-clock time of the injection; of now when nothing was injected yet. */
  get injectedAt(): Date {
    return new Date(Date.now() - 1000 * this.#sinceInjection());
  }

  #sinceInjection(): number {
    return this.#injectedAt === null ? 0 : (performance.now() - this.#injectedAt) / 1000;
  }
}
