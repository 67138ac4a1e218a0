import type { CloudModel, FunctionSpec } from './cloud-model.ts';
import type { LambdaHost } from './interfaces.ts';

/** Work takes the time it takes, whatever the scale: below this a busy machine would time out where the cloud does not. */
const shortestTimeoutMs = 10_000;

/**
 * A function's timeout on the scaled clock, but no shorter than its work may need on a busy machine, and always
 * within the scaled visibility timeout of the queues that feed it. A deployment's triggers keep theirs.
 */
export function functionTimeoutMs(spec: FunctionSpec, model: CloudModel, timeScale: number): number {
  const fullMs = spec.timeoutSeconds * 1000;
  if (model.triggers.some((trigger) => trigger.functionName === spec.name)) return fullMs;
  const visibilitiesMs = model.mappings
    .filter((mapping) => mapping.functionName === spec.name)
    .map((mapping) => model.queues.find((queue) => queue.name === mapping.queueName))
    .map((queue) => Number(queue?.attributes['VisibilityTimeout'] ?? 30) * 1000 * timeScale);
  const floorMs = Math.min(
    shortestTimeoutMs,
    fullMs,
    ...visibilitiesMs.map((visibilityMs) => visibilityMs * 0.75),
  );
  return Math.max(fullMs * timeScale, floorMs);
}

/** Only variables that the template declares: as with `sam local`, a function never sees one that the cloud lacks. */
export function overrideEnvironment(spec: FunctionSpec, overrides: Record<string, string>): FunctionSpec {
  const declared = Object.entries(overrides).filter(([name]) => name in spec.environment);
  return { ...spec, environment: { ...spec.environment, ...Object.fromEntries(declared) } };
}

/** What the deployment runs before there is traffic (migrations). Throws when one of them fails. */
export async function runTriggers(model: CloudModel, host: LambdaHost): Promise<void> {
  for (const { functionName } of model.triggers) {
    const { payload, functionError } = await host.invoke(functionName, {});
    if (functionError === null) continue;
    const { errorType, errorMessage } = payload as { errorType?: string; errorMessage?: string };
    throw new Error(`${functionName}, which runs before traffic, failed: ${errorType}: ${errorMessage}`);
  }
}
