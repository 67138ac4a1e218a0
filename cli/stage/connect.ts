import { GetFunctionConfigurationCommand, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { loadConfig } from '../../lib/config/load.ts';
import { readConfig } from '../../lib/config/read.ts';
import type { StageConfig } from '../../lib/config/schema.ts';
import { superuser } from '../../local/postgres/server.ts';
import { type RunningStack, readRunningStack } from '../../local/stack-file.ts';
import { UsageError } from '../command.ts';
import { createClients, type StageClients } from './clients.ts';
import { type StageNames, stageNames } from './names.ts';
import { stackFile } from './options.ts';

/** A running stage, here or in AWS, as a command reaches it. */
export interface Stage {
  name: string;
  /** On this machine. */
  local: boolean;
  region: string;
  /** Factor on everything the stage waits for; 1 in AWS. */
  timeScale: number;
  settings: StageConfig;
  clients: StageClients;
  names: StageNames;
  /** How to log in to a storage domain's database; null in AWS, where no database can be reached from outside its VPC. */
  postgres(domain: string): { host: string; port: number; database: string; user: string } | null;
  /** Where the stack that runs here says how its alarms stand, as JSON; null in AWS. */
  alarmsUrl: string | null;
  /** Closes the clients, so that the process can end. */
  close(): void;
}

/**
 * With `stage`: that stage in AWS. Without: the stack that runs on this machine and uses `folder`. Names of resources come
 * from narx.config.ts. Throws a UsageError of one sentence when there is no such stage.
 */
export async function connectStage(options: { stage?: string | undefined; folder: string }): Promise<Stage> {
  const { stage, folder } = options;
  if (stage !== undefined) return connectAws(stage);
  const stack = readRunningStack(stackFile(folder));
  if (stack === null)
    throw new UsageError(
      `no stack is running in ${folder}: start one with npm run dev, or name a deployed stage with --stage.`,
    );
  return connectLocal(stack);
}

async function connectLocal(stack: RunningStack): Promise<Stage> {
  const settings = loadConfig(await readConfig(), stack.stage);
  const { region, accountId, timeScale, endpoints } = stack;
  const clients = createClients(stack);
  return {
    name: stack.stage,
    local: true,
    region,
    timeScale,
    settings,
    clients,
    names: stageNames(settings, { region, accountId, sqsUrl: endpoints.sqs }),
    postgres: (domain) => {
      const server = endpoints.postgres[domain];
      return server === undefined ? null : { ...server, user: superuser };
    },
    alarmsUrl: stack.alarms,
    close: () => closeAll(clients),
  };
}

async function connectAws(stage: string): Promise<Stage> {
  const settings = loadConfig(await readConfig(), stage);
  const clients = createClients(null);
  try {
    const region = await clients.sqs.config.region();
    const accountId = await accountOf(clients, settings, region);
    const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    return {
      name: stage,
      local: false,
      region,
      timeScale: 1,
      settings,
      clients,
      names: stageNames(settings, { region, accountId, sqsUrl: `https://sqs.${region}.${suffix}` }),
      postgres: () => null,
      alarmsUrl: null,
      close: () => closeAll(clients),
    };
  } catch (error) {
    closeAll(clients);
    throw error;
  }
}

/** The account, from the ARN of a function that every stage has: this also tells whether the stage is there. */
async function accountOf(clients: StageClients, settings: StageConfig, region: string): Promise<string> {
  const FunctionName = stageNames(settings, { region, accountId: '', sqsUrl: '' }).function('dispatch', null);
  try {
    const found = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    return found.FunctionArn?.split(':')[4] ?? '';
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    throw new UsageError(
      `stage ${settings.stage} is not deployed in ${region} of this account (no function ${FunctionName}): check AWS_PROFILE and AWS_REGION, or leave --stage away for the stack that runs here.`,
    );
  }
}

function closeAll(clients: StageClients): void {
  for (const client of Object.values(clients)) client.destroy();
}
