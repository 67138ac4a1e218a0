import type { FunctionSpec } from './cloud-model.ts';

/** Result of one invocation, as the Lambda service sees it. */
export interface Invocation {
  /** Parsed response, or the error object of a failed one. */
  payload: unknown;
  /** Null when the handler returned; `Unhandled` when it threw, timed out, ran out of memory or was killed. */
  functionError: 'Unhandled' | null;
  durationMs: number;
}

/** What a finished invocation tells the metrics: the AWS/Lambda numbers, and stdout for embedded metric format. */
export interface LambdaObserver {
  invoked(event: {
    functionName: string;
    durationMs: number;
    error: boolean;
    timedOut: boolean;
    maxRssBytes: number;
    memoryLimitBytes: number;
  }): void;
  throttled(functionName: string): void;
  /** Every line that an environment writes to stdout or stderr. */
  output(functionName: string, line: string): void;
}

export interface LambdaHost {
  /** Queues when all environments are busy and the function's limit is reached. Rejects only after `stop`. */
  /** A repeated attempt of an asynchronous invocation has the request id of the first. */
  invoke(functionName: string, payload: unknown, requestId?: string): Promise<Invocation>;
  /** Process ids of the live environments by function name; drills kill them. */
  pids(): Record<string, number[]>;
  /** Process id of the live environment that signs with this access key id. */
  pidOf(accessKeyId: string): number | undefined;
  functions(): FunctionSpec[];
  stop(): Promise<void>;
}

/** What the metrics need of a queue and no SQS call gives. Ages are in the template's seconds (time scale undone). */
export interface QueueStatistics {
  visible: number;
  inFlight: number;
  delayed: number;
  oldestAgeSeconds: number;
  sent: number;
  received: number;
  deleted: number;
}

export interface QueueObserver {
  statistics(): Record<string, QueueStatistics>;
}
