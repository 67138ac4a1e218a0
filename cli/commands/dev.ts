import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { superuser } from '../../local/postgres/server.ts';
import type { Command } from '../command.ts';
import { localOptions, localUsage, readLocalOptions } from '../start/options.ts';
import { Progress } from '../start/progress.ts';
import { openSession } from '../start/session.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const dev: Command = {
  name: 'dev',
  summary: 'the local stack, left running on its schedules until Ctrl-C',
  usage: `narx dev [options]   (npm run dev)

Starts the stack and the simulator as \`narx start\` does and leaves them running on the template's schedules, until
Ctrl-C. Prints where everything listens; the functions' logs are in the folder's logs folder. Writes env.local.json
there, with which sam local runs any one function against this stack (--env-vars).

${localUsage}

Exit codes: 130 after Ctrl-C; 1 when it did not start.`,
  async run(args) {
    const { values } = parseArgs({ args, options: localOptions });
    const progress = new Progress();
    const options = readLocalOptions(values);
    const session = await openSession({ ...options, root, title: 'npm run dev', progress });
    const { stack } = session;
    const variables = stack.host.functions().map((spec) => [spec.logicalId, spec.environment]);
    const envFile = join(options.folder, 'env.local.json');
    writeFileSync(envFile, `${JSON.stringify(Object.fromEntries(variables), null, 2)}\n`);
    stack.startSchedules();
    const lines = [
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
    // Ends by a signal only: the session's handlers stop the stack and exit.
    return new Promise<number>(() => undefined);
  },
};
