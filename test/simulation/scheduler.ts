interface Event {
  readonly time: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * Virtual time. Events run one after the other in the order of their times; between two, every promise that can go on
 * does. Nothing here waits for a real timer.
 */
export class Scheduler {
  now: number;
  readonly #heap: Event[] = [];
  #scheduled = 0;

  constructor(start: Date) {
    this.now = start.getTime();
  }

  after(ms: number, run: () => void): void {
    this.#push({ time: this.now + Math.max(0, ms), order: this.#scheduled++, run });
  }

  /** Runs events until `time`, or until `over` says so, which is asked after each. */
  async runUntil(time: number, over: () => boolean): Promise<void> {
    for (let next = this.#heap[0]; next && next.time <= time; next = this.#heap[0]) {
      this.#pop();
      this.now = Math.max(this.now, next.time);
      next.run();
      await everybody();
      if (over()) return;
    }
    this.now = Math.max(this.now, time);
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || !isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      const child = b && a && isBefore(b, a) ? left + 1 : left;
      const below = heap[child];
      if (!below || !isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

/** Node looks at its ticks again when no promise is left that can go on, which takes a tenth of a turn of its event loop. */
function everybody(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
