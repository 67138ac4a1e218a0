import { readFileSync } from 'node:fs';
import { createSecrets } from '../../functions/adapters/clients.ts';
import { loadProxies, readProxies } from '../../functions/adapters/proxies.ts';
import { readRunningStack } from '../../local/stack-file.ts';
import { UsageError } from '../command.ts';
import { serviceErrorLine } from '../service-error.ts';
import { stackFile } from '../stage/options.ts';

/** How a marketplace is reached: through which proxies (name to address), and what answers in place of which origin. */
export interface Ways {
  proxies: ReadonlyMap<string, string>;
  origins: Readonly<Record<string, string>>;
}

/** Those of the simulated marketplaces that the stack in `folder` asks. Throws UsageError when none is running. */
export async function simulatedWays(marketplace: string, folder: string): Promise<Ways> {
  const stack = readRunningStack(stackFile(folder));
  if (stack === null)
    throw new UsageError(
      `no stack is running in ${folder}: start one with npm run dev, or leave --local away.`,
    );
  const proxies = await loadProxies(stack.endpoints, marketplace, 'none', createSecrets);
  return { proxies, origins: stack.endpoints.origins };
}

/** The marketplace itself, through the proxies that `file` lists, as the secret would. */
export function listedWays(file: string): Ways {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(
      `--proxies ${file} cannot be read; give a file with a JSON list of proxy addresses.`,
    );
  }
  return { proxies: readProxies(text, `The file ${file}`), origins: {} };
}

/** The marketplace itself, through the proxies that the stage's secret lists; `none` is the direct way. */
export async function configuredWays(marketplace: string, secretName: string): Promise<Ways> {
  try {
    return { proxies: await loadProxies('aws', marketplace, secretName, createSecrets), origins: {} };
  } catch (error) {
    const line = serviceErrorLine(error);
    if (line === null) throw error;
    throw new UsageError(
      `the proxies are in the secret ${secretName}, which cannot be read: ${line} Or list them in a file and give --proxies FILE.`,
    );
  }
}
