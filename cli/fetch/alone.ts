import type { Shared } from '../../functions/core/ports/shared.ts';

/** What all workers of a stage share, for a command that is alone: it begins anew and ends with the process. */
export class Alone<T> implements Shared<T> {
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  async read(): Promise<T> {
    return this.#value;
  }

  async change(_marketplace: string, transition: (current: T) => T): Promise<T> {
    this.#value = transition(this.#value);
    return this.#value;
  }
}
