import type { RefuseEntries } from '../fault.ts';
import type { Input } from './input.ts';
import type { MoveTasks } from './move-tasks.ts';
import type { Sqs } from './sqs.ts';

/** One request on its way through an operation. */
export interface Call {
  sqs: Sqs;
  moveTasks: MoveTasks;
  input: Input;
  /** Aborts when the client hangs up. */
  gone: AbortSignal;
  /** Batch entries that a fault refuses. */
  refuse: RefuseEntries | null;
}

export type Operation = (call: Call) => object | Promise<object>;
export type Operations = Record<string, Operation>;
