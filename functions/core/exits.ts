import { isFree } from './gate/machine.ts';
import type { Gate } from './model/gate.ts';

/** The ways out to a marketplace: its proxies in turn, or the direct one. Benched ones are left out. */
export class Exits {
  readonly all: readonly string[];
  #turn = 0;

  /** At least one. */
  constructor(exits: readonly string[]) {
    this.all = exits;
  }

  /** The next one that is free, or null. */
  next(gate: Gate, at: Date): string | null {
    for (let tried = 0; tried < this.all.length; tried += 1) {
      const exit = this.all[this.#turn++ % this.all.length];
      if (exit !== undefined && isFree(gate, exit, at)) return exit;
    }
    return null;
  }

  /** When the first of them is free again; null when one is free. */
  benchedUntil(gate: Gate, at: Date): Date | null {
    if (this.all.some((exit) => isFree(gate, exit, at))) return null;
    return new Date(Math.min(...this.all.map((exit) => benchEnd(gate, exit))));
  }

  /** The one that has been left alone for the longest time: what a probe goes through. */
  toProbe(gate: Gate): string {
    return this.all.reduce((best, exit) => (benchEnd(gate, exit) < benchEnd(gate, best) ? exit : best));
  }
}

function benchEnd(gate: Gate, exit: string): number {
  return gate.benched[exit]?.until.getTime() ?? 0;
}
