import { randomUUID } from 'node:crypto';
import type { FunctionSpec } from '../cloud-model.ts';
import type { Invocation, LambdaObserver } from '../interfaces.ts';
import { type EnvironmentOptions, LambdaEnvironment, type Result, type Work } from './environment.ts';

export interface PoolOptions
  extends Pick<EnvironmentOptions, 'place' | 'timeoutMs' | 'compileCache' | 'children'> {
  spec: FunctionSpec;
  maxEnvironments: number;
  idleMs: number;
  observer: LambdaObserver;
}

interface Waiting extends Work {
  reject(error: Error): void;
}

/** The execution environments of one function: started on demand, reused, ended when idle. */
export class FunctionPool {
  readonly spec: FunctionSpec;
  readonly #options: PoolOptions;
  readonly #environments = new Set<LambdaEnvironment>();
  /** Free environments with the timers that end them, the most recently used last. */
  readonly #idle = new Map<LambdaEnvironment, NodeJS.Timeout>();
  readonly #waiting: Waiting[] = [];
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.spec = options.spec;
  }

  /** Runs one invocation; `body` is JSON text. Rejects only when the pool stops before the work has begun. */
  invoke(body: string, requestId: string = randomUUID()): Promise<Invocation> {
    return new Promise((resolve, reject) => {
      this.#assign({
        requestId,
        body,
        reject,
        done: (result) => {
          this.#observe(result);
          resolve({
            payload: result.payload,
            functionError: result.error ? 'Unhandled' : null,
            durationMs: result.durationMs,
          });
        },
      });
    });
  }

  /** Process ids of the live environments. */
  pids(): number[] {
    return [...this.#environments].flatMap((environment) => environment.pid ?? []);
  }

  /** Process id of the live environment that signs with this access key id. */
  pidOf(accessKeyId: string): number | undefined {
    return [...this.#environments].find((environment) => environment.accessKeyId === accessKeyId)?.pid;
  }

  enforceMemory(): void {
    for (const environment of this.#environments) environment.enforceMemory();
  }

  /** Kills the environments, whatever they are doing; work that waits is rejected. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#idle.values()) clearTimeout(timer);
    this.#idle.clear();
    for (const waiting of this.#waiting.splice(0)) waiting.reject(hostStopped());
    await Promise.all([...this.#environments].map((environment) => environment.stop()));
  }

  #assign(work: Waiting): void {
    const free = [...this.#idle].at(-1);
    if (this.#stopped) {
      work.reject(hostStopped());
    } else if (free) {
      clearTimeout(free[1]);
      this.#idle.delete(free[0]);
      free[0].run(work);
    } else if (this.#environments.size < this.#options.maxEnvironments) {
      this.#start(work);
    } else {
      this.#options.observer.throttled(this.spec.name);
      this.#waiting.push(work);
    }
  }

  #start(work: Work): void {
    const { spec, place, timeoutMs, compileCache, children, observer } = this.#options;
    const environment = new LambdaEnvironment({
      spec,
      place,
      timeoutMs,
      compileCache,
      children,
      output: (line) => observer.output(spec.name, line),
      free: (freed) => this.#onFree(freed),
      gone: (ended, undelivered) => this.#onGone(ended, undelivered),
    });
    this.#environments.add(environment);
    environment.run(work);
  }

  #onFree(environment: LambdaEnvironment): void {
    const next = this.#waiting.shift();
    if (next) {
      environment.run(next);
      return;
    }
    const end = setTimeout(() => {
      this.#idle.delete(environment);
      void environment.stop();
    }, this.#options.idleMs);
    end.unref();
    this.#idle.set(environment, end);
  }

  #onGone(environment: LambdaEnvironment, undelivered: Work | null): void {
    clearTimeout(this.#idle.get(environment));
    this.#idle.delete(environment);
    this.#environments.delete(environment);
    const next = undelivered ?? this.#waiting.shift();
    if (next && !this.#stopped) this.#start(next);
  }

  #observe(result: Result): void {
    if (this.#stopped) return;
    this.#options.observer.invoked({
      functionName: this.spec.name,
      durationMs: result.durationMs,
      error: result.error,
      timedOut: result.timedOut,
      maxRssBytes: result.peakBytes,
      memoryLimitBytes: this.spec.memoryMb * 1024 * 1024,
    });
  }
}

function hostStopped(): Error {
  return new Error('The Lambda host has stopped.');
}
