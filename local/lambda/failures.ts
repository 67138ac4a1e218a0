/** Largest request and response of a synchronous invocation, in bytes (Lambda quotas; the response has 100 bytes more). */
export const maxRequestBytes = 6 * 1024 * 1024;
export const maxResponseBytes = maxRequestBytes + 100;

/** The payload of a failed invocation, as the Invoke API returns it with `X-Amz-Function-Error: Unhandled`. */
export interface ErrorPayload {
  errorType: string;
  errorMessage: string;
}

/** The handler did not return in time; `seconds` is the function's timeout as configured. */
export function timedOut(requestId: string, seconds: number): ErrorPayload {
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  };
}

/** The environment used more than its memory and was killed for it. */
export function outOfMemory(requestId: string): ErrorPayload {
  return {
    errorType: 'Runtime.OutOfMemory',
    errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
  };
}

/** The process ended by itself, or was killed by someone else, before the handler returned. */
export function exited(requestId: string, code: number | null, signal: string | null): ErrorPayload {
  const names: Record<string, string> = { SIGKILL: 'killed', SIGABRT: 'aborted', SIGTERM: 'terminated' };
  const how = signal ? `signal: ${names[signal] ?? signal}` : `exit status ${code ?? 1}`;
  const reason =
    code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: ${how}`;
  return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${reason}` };
}

/** The event is larger than Lambda accepts; the function is not called. */
export function requestTooLarge(): ErrorPayload {
  return {
    errorType: 'RequestEntityTooLarge',
    errorMessage: `Request must be smaller than ${maxRequestBytes} bytes for the InvokeFunction operation`,
  };
}

/** The handler returned more than Lambda passes on. */
export function responseTooLarge(): ErrorPayload {
  return {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size exceeded maximum allowed payload size (${maxResponseBytes} bytes).`,
  };
}
