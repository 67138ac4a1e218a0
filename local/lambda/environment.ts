import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { FunctionSpec } from '../cloud-model.ts';
import type { ChildRegistry } from '../lifecycle/children.ts';
import { environmentVariables, functionArn, type Place } from './environment-variables.ts';
import { exited, outOfMemory, responseTooLarge, timedOut } from './failures.ts';
import { RuntimeApi } from './runtime-api.ts';

/** What became of one piece of work in an environment. */
export interface Result {
  /** JSON text or, for errors of the host, an object. */
  payload: unknown;
  error: boolean;
  timedOut: boolean;
  durationMs: number;
  /** The most memory that the environment has used in its life; 0 where the system does not tell. */
  peakBytes: number;
}

/** One invocation that waits for, or is in, an environment. */
export interface Work {
  requestId: string;
  body: string;
  done(result: Result): void;
}

export interface EnvironmentOptions {
  spec: FunctionSpec;
  place: Place;
  /** The function's timeout on this machine, which the time scale may have shortened. */
  timeoutMs: number;
  compileCache: string;
  /** Where the process is written down while it lives, for a later runner to end it. */
  children?: ChildRegistry | undefined;
  output(line: string): void;
  /** The environment can take more work. */
  free(environment: LambdaEnvironment): void;
  /** The process is gone; `undelivered` is work that it never saw. */
  gone(environment: LambdaEnvironment, undelivered: Work | null): void;
}

const bootstrap = fileURLToPath(new URL('bootstrap.mjs', import.meta.url));
/** Lambda gives initialisation ten seconds before the function's own timeout begins to count. */
const initLimitMs = 10_000;

/** One execution environment: a Node process, its Runtime API, and at most one invocation at a time. */
export class LambdaEnvironment {
  /** What its requests to the emulators are signed with: each environment has its own, as in Lambda. */
  readonly accessKeyId: string;
  readonly #options: EnvironmentOptions;
  readonly #api: RuntimeApi;
  readonly #startedAt = performance.now();
  #child: ChildProcess | null = null;
  #ready = false;
  #initialised = false;
  #work: Work | null = null;
  #deliveredAt: number | null = null;
  #peakBytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #initError: string | null = null;
  #killedFor: 'timeout' | 'memory' | null = null;
  #stopping = false;
  #closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;

  constructor(options: EnvironmentOptions) {
    this.#options = options;
    this.accessKeyId = `${options.spec.name}.${randomUUID().slice(0, 8)}`;
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#api = new RuntimeApi({
      ready: () => this.#onReady(),
      responded: (body) => this.#finish(JSON.parse(body), false),
      failed: (body) => this.#finish(JSON.parse(body), true),
      responseTooLarge: () => this.#finish(responseTooLarge(), true),
      initFailed: (body) => {
        this.#initError = body;
      },
    });
    this.#start().catch((error: unknown) => {
      options.output(`The execution environment did not start: ${String(error)}`);
      this.#onExit(1, null);
      this.#resolveClosed();
    });
  }

  /** Undefined until the process has been spawned and after it has gone. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Takes one invocation. Only for an environment that is new or has said that it is free. */
  run(work: Work): void {
    this.#work = work;
    if (this.#ready) this.#deliver(work);
    else this.#arm(initLimitMs + this.#options.timeoutMs);
  }

  /** Kills the process when it uses more than the function's memory: Lambda counts everything, not only V8's heap. */
  enforceMemory(): void {
    const used = this.#measure();
    if (used !== null && used > this.#options.spec.memoryMb * 1024 * 1024) this.#kill('memory');
  }

  /** Ends the process and resolves when everything that it wrote has been read. */
  stop(): Promise<void> {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
    return this.#closed;
  }

  async #start(): Promise<void> {
    const { spec, place, compileCache, children, output } = this.#options;
    const runtimeApi = await this.#api.listen();
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
    const child = spawn(process.execPath, [...heapLimits(spec.memoryMb), bootstrap], {
      cwd: spec.codeDir,
      env: environmentVariables(spec, place, {
        runtimeApi,
        compileCache,
        accessKeyId: this.accessKeyId,
        logStream: `${day}/[$LATEST]${randomUUID().replaceAll('-', '')}`,
      }),
      // A group of its own: Ctrl-C must not kill an invocation that the runner would have let finish.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) {
      children?.add(pid, spec.name);
      child.once('exit', () => children?.remove(pid));
    }
    child.stdin.on('error', () => undefined);
    for (const stream of [child.stdout, child.stderr]) readLines(stream, output);
    child.once('error', (error) => {
      output(`The execution environment failed: ${error.message}`);
      if (child.pid !== undefined) return;
      this.#onExit(1, null);
      this.#resolveClosed();
    });
    child.once('exit', (code, signal) => this.#onExit(code, signal));
    child.once('close', () => this.#resolveClosed());
    if (this.#stopping) child.kill('SIGKILL');
  }

  #onReady(): void {
    this.#ready = true;
    this.#initialised = true;
    if (this.#work) this.#deliver(this.#work);
  }

  #deliver(work: Work): void {
    const { spec, place, timeoutMs } = this.#options;
    this.#ready = false;
    this.#deliveredAt = performance.now();
    this.#arm(timeoutMs);
    this.#api.deliver({
      requestId: work.requestId,
      body: work.body,
      deadline: Date.now() + Math.round(timeoutMs),
      functionArn: functionArn(spec.name, place),
    });
  }

  #finish(payload: unknown, error: boolean, late = false): void {
    const work = this.#work;
    if (!work) return;
    this.#disarm();
    this.#work = null;
    const since = this.#deliveredAt ?? this.#startedAt;
    this.#deliveredAt = null;
    this.#measure();
    const durationMs = performance.now() - since;
    work.done({ payload, error, timedOut: late, durationMs, peakBytes: this.#peakBytes });
    // Before the runtime asks for more: work that it is given now is handed over when it does.
    if (this.#child && !this.#killedFor && !this.#stopping) this.#options.free(this);
  }

  /** Resident bytes now, null where there is no /proc; keeps the most that was ever seen. */
  #measure(): number | null {
    const status = readStatus(this.pid);
    if (status === null) return null;
    const bytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
    this.#peakBytes = Math.max(this.#peakBytes, bytes('VmHWM'));
    return bytes('VmRSS');
  }

  #arm(limitMs: number): void {
    this.#disarm();
    this.#timer = setTimeout(() => this.#kill('timeout'), limitMs);
  }

  #disarm(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #kill(reason: 'timeout' | 'memory'): void {
    this.#killedFor ??= reason;
    this.#child?.kill('SIGKILL');
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#disarm();
    this.#child = null;
    this.#api.close();
    const work = this.#work;
    // Nothing of it has begun, and the code did start once: another environment can do it.
    if (work && this.#deliveredAt === null && this.#initialised && !this.#stopping) {
      this.#work = null;
      this.#options.gone(this, work);
      return;
    }
    if (work) {
      const late = this.#killedFor === 'timeout';
      this.#finish(this.#exitError(work.requestId, code, signal), true, late);
    }
    this.#options.gone(this, null);
  }

  #exitError(requestId: string, code: number | null, signal: NodeJS.Signals | null): unknown {
    if (this.#initError !== null) return JSON.parse(this.#initError);
    if (this.#killedFor === 'timeout') return timedOut(requestId, this.#options.spec.timeoutSeconds);
    if (this.#killedFor === 'memory') return outOfMemory(requestId);
    return exited(requestId, code, signal);
  }
}

/**
 * As the managed runtime's own bootstrap (/var/runtime/bootstrap) shares out a function's memory. Without the first, the young
 * generation of a 64-bit Node grows to 128 MB in steps, the last of them after thousands of invocations.
 */
function heapLimits(memoryMb: number): string[] {
  const young = Math.floor(memoryMb / 10);
  return [`--max-semi-space-size=${Math.floor(young / 2)}`, `--max-old-space-size=${memoryMb - young}`];
}

function readStatus(pid: number | undefined): string | null {
  if (pid === undefined || process.platform !== 'linux') return null;
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return null;
  }
}

function readLines(stream: Readable, output: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', output);
}
