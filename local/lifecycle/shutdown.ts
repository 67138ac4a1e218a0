import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Ends a run in order: what was started last is stopped first. */
export interface Shutdown {
  /** Registers a step right after the thing that it stops has been started. */
  add(title: string, stop: () => Promise<unknown>): void;
  /** Runs every step, once, however often it is called. Resolves with one sentence for each step that went wrong. */
  run(): Promise<string[]>;
}

/** A step that fails, or takes longer than `stepLimitMs`, does not keep the others from being run. */
export function createShutdown(stepLimitMs = 15_000): Shutdown {
  const steps: { title: string; stop: () => Promise<unknown> }[] = [];
  let running: Promise<string[]> | null = null;
  const runAll = async (): Promise<string[]> => {
    const faults: string[] = [];
    for (let step = steps.pop(); step; step = steps.pop()) {
      const fault = await runStep(step.title, step.stop, stepLimitMs);
      if (fault !== null) faults.push(fault);
    }
    return faults;
  };
  return {
    add: (title, stop) => {
      steps.push({ title, stop });
    },
    run: () => {
      running ??= runAll();
      return running;
    },
  };
}

async function runStep(title: string, stop: () => Promise<unknown>, limitMs: number): Promise<string | null> {
  const expiry = new AbortController();
  const expired = sleep(limitMs, 'expired', { signal: expiry.signal, ref: true }).catch(() => 'cancelled');
  try {
    const result = await Promise.race([stop().then(() => 'stopped'), expired]);
    return result === 'expired' ? `${title} did not stop within ${limitMs / 1000} s.` : null;
  } catch (error) {
    return `${title} did not stop cleanly: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    expiry.abort();
  }
}

const exitCodes: Record<string, number> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

export interface SignalHandlers {
  /** Something has gone without which the run means nothing: says so, runs the shutdown and exits with code 1. */
  fail(sentence: string): void;
  /** Takes the handlers away again. */
  detach(): void;
}

/**
 * Runs the shutdown and exits on SIGINT, SIGTERM, SIGHUP and on an error that nobody caught (exit code 1, after printing
 * it). A second signal exits at once: the children see their standard input close and follow.
 */
export function shutDownOnSignals(shutdown: Shutdown): SignalHandlers {
  let stopping = false;
  const finish = (code: number): void => {
    if (stopping) process.exit(code);
    stopping = true;
    void shutdown.run().then((faults) => {
      for (const fault of faults) console.error(fault);
      process.exit(code);
    });
  };
  const onSignal = (signal: NodeJS.Signals): void => finish(exitCodes[signal] ?? 1);
  const onError = (error: unknown): void => {
    console.error(error);
    // An error of the shutdown itself must not cut it short.
    if (!stopping) finish(1);
  };
  for (const signal of Object.keys(exitCodes)) process.on(signal, onSignal);
  process.on('uncaughtException', onError);
  return {
    fail: (sentence) => {
      if (stopping) return;
      console.error(sentence);
      finish(1);
    },
    detach: () => {
      for (const signal of Object.keys(exitCodes)) process.off(signal, onSignal);
      process.off('uncaughtException', onError);
    },
  };
}
