/**
 * Lets a process die at its n-th call to any of its ports: just before the call takes effect, or just after. Nothing of
 * it runs on afterwards: a dead process does not catch its own death.
 */
export class Death {
  #left: number;
  readonly #when: 'before' | 'after';
  #dead = false;
  #die: () => void = () => undefined;
  readonly happened: Promise<'dead'>;

  constructor(call: number, when: 'before' | 'after') {
    this.#left = call;
    this.#when = when;
    this.happened = new Promise((resolve) => {
      this.#die = () => resolve('dead');
    });
  }

  /** The port as the dying process sees it. */
  of<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const method = Reflect.get(target, name, target);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          if (this.#dead) return await never();
          this.#left -= 1;
          if (this.#left !== 0) return await method.apply(target, args);
          this.#dead = true;
          if (this.#when === 'after') await method.apply(target, args);
          this.#die();
          return await never();
        };
      },
    });
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
