import type { CloudRequest, Fault } from '../../local/aws/fault.ts';

/** Which requests to SQS, S3, DynamoDB and Lambda a fault is for. What is left out matches everything. */
export interface RequestMatch {
  service?: CloudRequest['service'];
  operation?: string | RegExp;
  /** Of the queue, bucket, table or function. */
  resource?: string | RegExp;
  /** Of the object's key, or of the item's `pk sk`. */
  item?: RegExp;
  /** Name of the function that asks (any function); `anyone` includes Lambda's pollers, the operator and the harness. */
  by?: string | RegExp | 'anyone';
}

export interface FaultRule extends RequestMatch {
  /** What to do with a request; undefined serves it. */
  fault: Fault | ((request: CloudRequest) => Fault | undefined);
  /** Requests to let pass first. */
  after?: number;
  /** How many requests it is for; after that it is over. */
  times?: number;
}

/** A fault that has been set. */
export interface ActiveFault {
  /** Requests that it was for so far. */
  readonly hits: number;
  end(): void;
}

/** What refused or throttled requests look like, by service. Shapes as AWS answers them. */
export const answers = {
  unavailable: {
    sqs: { fault: 'error', code: 'ServiceUnavailable', status: 503, message: 'Service Unavailable' },
    s3: {
      fault: 'error',
      code: 'ServiceUnavailable',
      status: 503,
      message: 'Please reduce your request rate.',
    },
    dynamodb: { fault: 'error', code: 'InternalServerError', status: 500, message: 'Internal Server Error' },
    lambda: { fault: 'error', code: 'ServiceException', status: 500, message: 'The service failed.' },
    cloudwatch: { fault: 'error', code: 'InternalServiceFault', status: 500, message: 'The service failed.' },
    rds: { fault: 'error', code: 'ServiceUnavailable', status: 503, message: 'The service failed.' },
  },
  throttled: {
    sqs: { fault: 'error', code: 'RequestThrottled', status: 403, message: 'Request is throttled.' },
    s3: { fault: 'error', code: 'SlowDown', status: 503, message: 'Please reduce your request rate.' },
    dynamodb: {
      fault: 'error',
      code: 'ProvisionedThroughputExceededException',
      status: 400,
      message: 'The level of configured provisioned throughput for the table was exceeded.',
    },
    lambda: { fault: 'error', code: 'TooManyRequestsException', status: 429, message: 'Rate Exceeded.' },
    cloudwatch: { fault: 'error', code: 'ThrottlingException', status: 400, message: 'Rate exceeded' },
    rds: { fault: 'error', code: 'Throttling', status: 400, message: 'Rate exceeded' },
  },
} as const satisfies Record<string, Record<CloudRequest['service'], Fault>>;

interface SetRule {
  rule: FaultRule;
  seen: number;
  hits: number;
}

/** Faults of the emulated services, set and ended while the stack runs. The first that matches decides. */
export class CloudFaults {
  readonly #rules: SetRule[] = [];

  set(rule: FaultRule): ActiveFault {
    const entry = { rule, seen: 0, hits: 0 };
    this.#rules.push(entry);
    return {
      get hits() {
        return entry.hits;
      },
      end: () => this.#remove(entry),
    };
  }

  clear(): void {
    this.#rules.length = 0;
  }

  decide(request: CloudRequest): Fault | undefined {
    for (const entry of [...this.#rules]) {
      const { rule } = entry;
      if (!matches(rule, request)) continue;
      entry.seen += 1;
      if (entry.seen <= (rule.after ?? 0)) continue;
      entry.hits += 1;
      if (entry.hits >= (rule.times ?? Number.POSITIVE_INFINITY)) this.#remove(entry);
      const fault = typeof rule.fault === 'function' ? rule.fault(request) : rule.fault;
      if (fault) return fault;
    }
    return undefined;
  }

  #remove(entry: SetRule): void {
    const index = this.#rules.indexOf(entry);
    if (index >= 0) this.#rules.splice(index, 1);
  }
}

function matches(rule: RequestMatch, request: CloudRequest): boolean {
  return (
    (rule.service === undefined || rule.service === request.service) &&
    fits(rule.operation, request.operation) &&
    fits(rule.resource, request.resource) &&
    fits(rule.item, request.item) &&
    fitsCaller(rule.by, request.caller)
  );
}

function fits(wanted: string | RegExp | undefined, value: string | null): boolean {
  if (wanted === undefined) return true;
  return value !== null && (typeof wanted === 'string' ? wanted === value : wanted.test(value));
}

/** A function's requests are signed with `<function>.<environment>`. */
function fitsCaller(by: RequestMatch['by'], caller: string | null): boolean {
  if (by === 'anyone') return true;
  const name = /^(.+)\.[0-9a-f]{8}$/.exec(caller ?? '')?.[1];
  return name !== undefined && fits(by, name);
}
