/** How many refusals are kept with their times. Enough to see a probe per cool-down; a flood only counts. */
const REFUSAL_TIMES = 1000;

/** What one marketplace was asked and what it answered. */
export class Stats {
  #requests = 0;
  #bytes = 0;
  #refused = 0;
  #connections = 0;
  #maxConnections = 0;
  #inFlight = 0;
  #maxInFlight = 0;
  readonly #byStatus: Record<string, number> = {};
  readonly #refusedAt: string[] = [];

  connected(): void {
    this.#connections++;
    this.#maxConnections = Math.max(this.#maxConnections, this.#connections);
  }

  disconnected(): void {
    this.#connections--;
  }

  arrived(): void {
    this.#requests++;
    this.#inFlight++;
    this.#maxInFlight = Math.max(this.#maxInFlight, this.#inFlight);
  }

  left(): void {
    this.#inFlight--;
  }

  /** `bytes` counts the body only. */
  answered(status: number | 'none', bytes: number): void {
    this.#byStatus[status] = (this.#byStatus[status] ?? 0) + 1;
    this.#bytes += bytes;
  }

  refused(now: number): void {
    this.#refused++;
    if (this.#refusedAt.length < REFUSAL_TIMES) this.#refusedAt.push(new Date(now).toISOString());
  }

  report() {
    return {
      requests: this.#requests,
      byStatus: this.#byStatus,
      bytes: this.#bytes,
      connections: this.#connections,
      maxConnections: this.#maxConnections,
      inFlight: this.#inFlight,
      maxInFlight: this.#maxInFlight,
      refused: this.#refused,
      refusedAt: this.#refusedAt,
    };
  }
}
