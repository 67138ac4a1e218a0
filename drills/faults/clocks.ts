import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const clockModule = fileURLToPath(new URL('skewed-clock.mjs', import.meta.url));

/** Wrong clocks of functions' processes, by service, in milliseconds. Those that are named at the start can be moved. */
export class Clocks {
  readonly #file: string;
  #skewMs: Readonly<Record<string, number>>;

  constructor(folder: string, skewMs: Readonly<Record<string, number>>) {
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, 'clocks.json');
    this.#skewMs = skewMs;
    this.#write();
  }

  /** Variables of a process of this service; none where its clock is right. */
  environmentOf(service: string): Record<string, string> {
    if (this.#skewMs[service] === undefined) return {};
    return {
      NODE_OPTIONS: `--import=${clockModule}`,
      NARX_DRILL_CLOCK_FILE: this.#file,
      NARX_DRILL_CLOCK_OF: service,
    };
  }

  /** All of them go forward; processes notice within 50 ms. */
  forward(ms: number): void {
    const moved = Object.entries(this.#skewMs).map(([service, skew]) => [service, skew + ms] as const);
    this.#skewMs = Object.fromEntries(moved);
    this.#write();
  }

  /** Whole or not at all: somebody is always reading. */
  #write(): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#skewMs));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
