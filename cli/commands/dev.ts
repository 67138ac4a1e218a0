import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { resourceName } from '../../lib/names.ts';
import { superuser } from '../../local/postgres/server.ts';
import type { Command } from '../command.ts';
import { servePage } from '../page/server.ts';
import { connectStage } from '../stage/connect.ts';
import { asSeenFromContainers, hostOfContainers, loopbackPorts, relay } from '../start/containers.ts';
import { movePrices } from '../start/moving-prices.ts';
import { localOptions, localUsage, readLocalOptions } from '../start/options.ts';
import { Progress } from '../start/progress.ts';
import { openSession } from '../start/session.ts';
import { collectStatus } from '../status/collect.ts';

/** How long the page waits for what does not answer, in milliseconds. */
const statusMs = 2_000;

const root = fileURLToPath(new URL('../..', import.meta.url));

export const dev: Command = {
  name: 'dev',
  summary: 'the local stack, left running on its schedules until Ctrl-C',
  usage: `narx dev [options]   (npm run dev)

Starts the stack and the simulator as \`narx start\` does and leaves them running on the template's schedules, until
Ctrl-C; simulated prices change every hour of the stack's clock. Prints where everything listens, first of all the page
for people (docs/page.md); the functions' logs are in the folder's logs folder. Writes env.local.json there, with which
sam local runs any one function against this stack (--env-vars): in a container, which reaches it with --containers
only (docs/deploy.md).

${localUsage}
  --containers       listen on the network of Docker's containers, too, and name everything in env.local.json as they call it

Exit codes: 130 after Ctrl-C; 1 when it did not start.`,
  async run(args) {
    const containers = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({ args, options: { ...localOptions, containers } });
    const host = values.containers ? hostOfContainers() : null;
    const progress = new Progress();
    const options = readLocalOptions(values);
    // Commands beside it, `narx status` above all, are waited for; what the stack does is not.
    const session = await openSession({
      ...options,
      inBackground: true,
      root,
      title: 'npm run dev',
      progress,
    });
    const { stack } = session;
    const variables: unknown = Object.fromEntries(
      stack.host.functions().map((spec) => [spec.logicalId, spec.environment]),
    );
    if (host?.listensOn) await relay(host.listensOn, loopbackPorts([variables, stack.endpoints]));
    const envFile = join(options.folder, 'env.local.json');
    writeFileSync(
      envFile,
      `${JSON.stringify(host ? asSeenFromContainers(variables, host) : variables, null, 2)}\n`,
    );
    stack.startSchedules();
    movePrices(session, options.timeScale, (sentence) => progress.step(sentence));
    const stage = await connectStage({ folder: options.folder });
    const domains = [...new Set(Object.values(session.settings.marketplaces).map(({ domain }) => domain))];
    const page = await servePage({
      apis: Object.fromEntries(
        domains.flatMap((domain) => {
          const address = stack.httpApis[resourceName(session.settings, 'api', domain)];
          return address === undefined ? [] : [[domain, address]];
        }),
      ),
      status: () => collectStatus(stage, statusMs),
    });
    const lines = [
      `Page      ${page.url}`,
      `SQS       ${stack.endpoints.sqs}`,
      `S3        ${stack.endpoints.s3}`,
      `DynamoDB  ${stack.endpoints.dynamodb}`,
      `Lambda    ${stack.endpoints.lambda}`,
      ...Object.entries(stack.endpoints.postgres).map(
        ([domain, { host, port, database }]) =>
          `Postgres  postgres://${superuser}@${host}:${port}/${database} (${domain})`,
      ),
      ...Object.entries(stack.httpApis).map(
        ([name, url]) => `HTTP API  ${url} (${name}; IAM is not checked here)`,
      ),
      `Schedules ${stack.model.schedules.map((schedule) => `${schedule.name} ${schedule.expression}`).join(', ')}`,
      `For sam local: --env-vars ${envFile}`,
      'Running; Ctrl-C stops everything.',
    ];
    for (const line of lines) console.log(line);
    prepareStatus(options.folder);
    // Ends by a signal only: the session's handlers stop the stack and exit.
    return new Promise<number>(() => undefined);
  },
};

/** The first `narx status` makes the file from which all others are loaded (decision 94): not while somebody waits for it. */
function prepareStatus(folder: string): void {
  const narx = join(root, 'cli', 'narx.mjs');
  // Whatever comes of it, the next call does what is left.
  spawn(process.execPath, [narx, 'status', '--folder', folder], { stdio: 'ignore' })
    .on('error', () => undefined)
    .unref();
}
