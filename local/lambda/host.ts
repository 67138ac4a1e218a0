import type { FunctionSpec } from '../cloud-model.ts';
import type { LambdaHost, LambdaObserver } from '../interfaces.ts';
import type { ChildRegistry } from '../lifecycle/children.ts';
import type { Place } from './environment-variables.ts';
import { maxRequestBytes, requestTooLarge } from './failures.ts';
import { FunctionPool } from './pool.ts';

export interface LambdaHostOptions extends Place {
  functions: readonly FunctionSpec[];
  observer: LambdaObserver;
  /** When an invocation of a function is killed, in real milliseconds. */
  timeoutMs: (spec: FunctionSpec) => number;
  /** Folder for Node's compile cache, which makes later cold starts faster. */
  compileCache: string;
  /** Most environments of one function at a time; ten take about 1 GB. */
  maxEnvironments?: number;
  /** An environment that did nothing for so long is ended. */
  idleMs?: number;
  /** Where the processes are written down while they live, for a later runner to end them. */
  children?: ChildRegistry;
}

const memoryCheckMs = 50;

/**
 * Runs every function in processes of its own, one per execution environment, behind the real Runtime API: cold starts,
 * module state per environment, SIGKILL at the timeout and above the memory limit, crash isolation.
 * The memory limit needs /proc; elsewhere only V8's heap is limited.
 */
export function createLambdaHost(options: LambdaHostOptions): LambdaHost {
  const pools = new Map(
    options.functions.map((spec): [string, FunctionPool] => [
      spec.name,
      new FunctionPool({
        spec,
        place: { region: options.region, accountId: options.accountId },
        timeoutMs: options.timeoutMs(spec),
        compileCache: options.compileCache,
        maxEnvironments: options.maxEnvironments ?? 10,
        idleMs: options.idleMs ?? 60_000,
        observer: options.observer,
        children: options.children,
      }),
    ]),
  );
  const memoryWatch = setInterval(() => {
    for (const pool of pools.values()) pool.enforceMemory();
  }, memoryCheckMs);
  memoryWatch.unref();
  return {
    functions: () => [...options.functions],
    pidOf: (accessKeyId) =>
      [...pools.values()].map((pool) => pool.pidOf(accessKeyId)).find((pid) => pid !== undefined),
    pids: () => Object.fromEntries([...pools].map(([name, pool]) => [name, pool.pids()])),
    invoke: async (functionName, payload, requestId) => {
      const pool = pools.get(functionName);
      if (!pool) throw new Error(`There is no function ${functionName}.`);
      const body = JSON.stringify(payload) ?? 'null';
      if (Buffer.byteLength(body) > maxRequestBytes)
        return { payload: requestTooLarge(), functionError: 'Unhandled', durationMs: 0 };
      return pool.invoke(body, requestId);
    },
    stop: async () => {
      clearInterval(memoryWatch);
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
    },
  };
}
