import path from 'node:path';
import type { LocalEndpoints } from '../functions/contract/endpoints.ts';
import { serveAlarms } from './alarm-server.ts';
import type { CloudModel, FunctionSpec, ScheduleSpec } from './cloud-model.ts';
import {
  createResources,
  type EmulatorOptions,
  type Emulators,
  endpointsOf,
  startEmulators,
} from './emulators.ts';
import { realClock } from './events/clock.ts';
import type { DeliveryReport } from './events/delivery.ts';
import { EventSourceMappings } from './events/mappings.ts';
import { QueuePoller } from './events/poller.ts';
import { Scheduler } from './events/scheduler.ts';
import { functionTimeoutMs, overrideEnvironment, runTriggers } from './functions.ts';
import { serveHttpApi } from './http-api/server.ts';
import type { Invocation, LambdaHost } from './interfaces.ts';
import { createLambdaHost } from './lambda/host.ts';
import type { ChildRegistry } from './lifecycle/children.ts';
import { createShutdown, type Shutdown } from './lifecycle/shutdown.ts';
import type { AlarmTransition } from './metrics/alarms.ts';
import { type Monitoring, startMonitoring } from './monitoring.ts';
import { announceStack } from './stack-file.ts';
import { loadTemplate } from './template/load.ts';
import { buildModel } from './template/model.ts';
import { maxConnectionsOf } from './template/storage.ts';

export interface StackOptions
  extends Omit<EmulatorOptions, 'region' | 'accountId' | 'maxConnections' | 'onOutput'> {
  /** Folder that `cdk synth` wrote. */
  templateDir: string;
  /** Needed only when the folder holds several stacks. */
  stackName?: string;
  /** Real origin to the origin that answers in its place. */
  origins: Record<string, string>;
  /** Marketplace to the proxies through which it is asked. */
  proxies?: Record<string, string[]>;
  /** Most environments of one function. */
  maxEnvironments?: number;
  /** What the functions are told instead of the emulators' addresses: drills put proxies in between. */
  divert?: (endpoints: LocalEndpoints) => Promise<LocalEndpoints>;
  /** Where processes are written down, so that a later runner can end what a kill left. */
  children?: ChildRegistry;
  /** Where the running stack is written down for other processes (`narx dlq list`), and as which stage. */
  announce?: { file: string; stage: string };
  /** Every line that a function writes, and what the stack itself has to say (as `stack`). */
  onOutput?: (source: string, line: string) => void;
  /** Told of every change of an alarm's state. */
  onAlarm?: (change: AlarmTransition) => void;
}

/** The synthesized system, running on this machine. */
export interface Stack
  extends Emulators,
    Pick<Monitoring, 'metrics' | 'alarms' | 'alarmHistory' | 'notifications' | 'diskSizes'> {
  model: CloudModel;
  host: LambdaHost;
  endpoints: LocalEndpoints;
  /** Name of each HTTP API to its address. */
  httpApis: Record<string, string>;
  mappings: EventSourceMappings;
  /** Delivers one slot of a schedule (now, unless `at` says otherwise), enabled or not; without retries. */
  fire(scheduleName: string, at?: Date): Promise<Invocation>;
  /** Delivers one slot with all the retries that it has in the cloud. Null when the stack stops meanwhile. */
  deliver(scheduleName: string, at?: Date): Promise<DeliveryReport | null>;
  /** From now on the enabled schedules fire by themselves, or those of them that `which` picks. */
  startSchedules(which?: (schedule: ScheduleSpec) => boolean): void;
  /** No schedule fires any more, as if all were disabled, until `startSchedules`. */
  restSchedules(): void;
  /** Ends everything, the functions first, Postgres last. Resolves with one sentence for each part that went wrong. */
  stop(): Promise<string[]>;
}

/** How long a batch that is in flight may take when the stack stops. */
const patienceMs = 5_000;

/**
 * Runs one stack of a synthesized app: starts the emulators, creates what the template declares, runs the deployment's
 * triggers (migrations), then lets the queues feed the functions. Schedules rest until they are asked for.
 * When any of it fails, what had been started is stopped before this rejects.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const shutdown = createShutdown();
  try {
    return await assemble(options, shutdown);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

async function assemble(options: StackOptions, shutdown: Shutdown): Promise<Stack> {
  const { timeScale, onOutput = () => undefined } = options;
  const graceMs = options.disposable ? 0 : patienceMs;
  const template = loadTemplate(options.templateDir, { stackName: options.stackName });
  const { region, accountId } = template;
  const emulators = await startEmulators(
    { ...options, region, accountId, maxConnections: maxConnectionsOf(template) },
    shutdown,
  );
  const { sqs, postgres, clients, lambdaApi } = emulators;
  const model = buildModel(template, {
    queueUrl: (name) => sqs.queueUrl(name),
    postgres: { host: '127.0.0.1', port: postgres.port },
  });
  await createResources(model, emulators);

  const endpoints = endpointsOf(model, emulators, {
    origins: options.origins,
    proxies: options.proxies ?? {},
  });
  const told = (await options.divert?.(endpoints)) ?? endpoints;
  const timeoutMs = (spec: FunctionSpec): number => functionTimeoutMs(spec, model, timeScale);
  const factors = new Map(
    model.functions.map((spec) => [spec.name, (spec.timeoutSeconds * 1000) / timeoutMs(spec)]),
  );
  const monitoring = startMonitoring(
    {
      alarms: model.alarms,
      databases: model.databases,
      // As the functions see it: what is between them and the server is the proxy's part.
      postgres: told.postgres,
      queues: sqs,
      timeScale,
      durationFactor: (name) => factors.get(name) ?? 1,
      ...(options.onAlarm ? { onAlarm: options.onAlarm } : {}),
    },
    shutdown,
  );
  emulators.cloudwatch.connect(monitoring.metrics);
  const overrides = { ENDPOINTS: JSON.stringify(told), TIME_SCALE: String(timeScale) };
  const host = createLambdaHost({
    region,
    accountId,
    functions: model.functions.map((spec) => overrideEnvironment(spec, overrides)),
    timeoutMs,
    compileCache: path.join(path.resolve(options.disposable?.shared ?? options.dataDir), 'compile-cache'),
    observer: {
      invoked: (event) => monitoring.lambda.invoked(event),
      throttled: (name) => monitoring.lambda.throttled(name),
      output: (name, line) => {
        monitoring.lambda.output(name, line);
        onOutput(name, line);
      },
    },
    ...(options.maxEnvironments ? { maxEnvironments: options.maxEnvironments } : {}),
    ...(options.children ? { children: options.children } : {}),
  });
  shutdown.add('the functions', () => host.stop());
  const mappings = new EventSourceMappings(
    model.mappings.map((mapping) => ({
      spec: mapping,
      poller: new QueuePoller({
        mapping,
        queueUrl: sqs.queueUrl(mapping.queueName),
        queueArn: `arn:aws:sqs:${region}:${accountId}:${mapping.queueName}`,
        region,
        sqs: clients.sqs,
        lambda: host,
        clock: realClock,
        timeScale,
        onSqsError: (error) => onOutput('stack', `Polling ${mapping.queueName}: ${String(error)}`),
      }),
    })),
  );
  lambdaApi.connect({ host, control: mappings, mappings: model.mappings });
  await runTriggers(model, host);
  mappings.start();
  shutdown.add('the queue pollers', () => mappings.stop(graceMs));
  const scheduler = new Scheduler({
    schedules: model.schedules,
    region,
    accountId,
    lambda: asScheduler(host, options.onRequest),
    sqs: clients.sqs,
    queueUrl: (name) => sqs.queueUrl(name),
    clock: realClock,
    timeScale,
    onDelivery: ({ schedule, outcome, detail }) => {
      if (outcome !== 'succeeded') onOutput('stack', `Schedule ${schedule} ${outcome}: ${detail}`);
    },
  });
  shutdown.add('the schedules', () => scheduler.stop(graceMs));
  const httpApis: Record<string, string> = {};
  for (const api of model.httpApis) {
    const server = await serveHttpApi(api, { host, accountId });
    shutdown.add(`the HTTP API ${api.name}`, () => server.close());
    httpApis[api.name] = server.url;
  }
  if (options.announce) {
    const { file, stage } = options.announce;
    const told = await serveAlarms(monitoring.alarms);
    shutdown.add('what tells of the alarms', () => told.close());
    const place = { region, accountId, timeScale, endpoints, httpApis, alarms: told.url };
    const withdraw = announceStack(file, { stage, ...place });
    shutdown.add('the stack file', async () => withdraw());
  }
  return {
    ...emulators,
    model,
    host,
    endpoints,
    httpApis,
    mappings,
    metrics: monitoring.metrics,
    alarms: monitoring.alarms,
    alarmHistory: monitoring.alarmHistory,
    notifications: monitoring.notifications,
    diskSizes: monitoring.diskSizes,
    fire: (name, at = new Date()) => scheduler.fire(name, at),
    deliver: (name, at = new Date()) => scheduler.deliver(name, at),
    startSchedules: (which) => scheduler.start(which),
    restSchedules: () => scheduler.rest(),
    stop: () => shutdown.run(),
  };
}

/** What EventBridge Scheduler asks of Lambda goes through no server here; it can be refused all the same. */
function asScheduler(host: LambdaHost, onRequest: StackOptions['onRequest']): LambdaHost {
  return {
    ...host,
    invoke: (functionName, payload, requestId) => {
      const request = { service: 'lambda', operation: 'Invoke', resource: functionName } as const;
      const fault = onRequest?.({ ...request, item: null, caller: 'scheduler' });
      if (fault?.fault !== 'error') return host.invoke(functionName, payload, requestId);
      return Promise.reject(Object.assign(new Error(fault.message ?? fault.code), { name: fault.code }));
    },
  };
}
