import process from 'node:process';
import type { FunctionSpec } from '../cloud-model.ts';

/** Where the functions run and as whom; the account of a local stack is twelve zeros. */
export interface Place {
  region: string;
  accountId: string;
}

/**
 * The whole environment of a function: what the template declares and what Lambda adds. Of the runner's own variables
 * only those that a process cannot do without are passed on, so that nothing works here by accident.
 */
export function environmentVariables(
  spec: FunctionSpec,
  place: Place,
  own: { runtimeApi: string; logStream: string; compileCache: string; accessKeyId: string },
): Record<string, string> {
  const inherited = ['PATH', 'HOME', 'TMPDIR'].flatMap((name): [string, string][] => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(inherited),
    NODE_COMPILE_CACHE: own.compileCache,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...spec.environment,
    _HANDLER: spec.handler,
    LAMBDA_TASK_ROOT: spec.codeDir,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: place.region,
    AWS_DEFAULT_REGION: place.region,
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: own.logStream,
    AWS_LAMBDA_RUNTIME_API: own.runtimeApi,
    AWS_ACCESS_KEY_ID: own.accessKeyId,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
  };
}

/** The ARN that the handler's context shows. */
export function functionArn(name: string, place: Place): string {
  return `arn:aws:lambda:${place.region}:${place.accountId}:function:${name}`;
}
