import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it, vi } from 'vitest';
import { config } from '../../narx.config.ts';
import { ofType, synthesized } from '../support/synthesized.ts';

vi.setConfig({ testTimeout: 120_000 });

const folder = fileURLToPath(new URL('../../functions', import.meta.url));
/** What the isolated subnets reach: gateway endpoints, Postgres, and what is signed without a call. */
const reachable = ['client-dynamodb', 'client-s3', 'rds-signer'];

/** Services in the VPC, by the template: every function that names subnets. */
const services = new Set(
  ofType(synthesized('local', config), 'AWS::Lambda::Function').flatMap(([, { VpcConfig, FunctionName }]) =>
    VpcConfig === undefined ? [] : [String(FunctionName).split('-')[2] ?? ''],
  ),
);

async function clientsOf(service: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [join(folder, `${service}.lambda.ts`)],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    treeShaking: true,
    external: ['pg-native'],
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  const kept = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return [
    ...new Set(kept.flatMap(([file]) => /@aws-sdk\/((?:client-|rds-signer)[\w-]*)/.exec(file)?.[1] ?? [])),
  ].sort();
}

it('knows the functions in the VPC', () => {
  const all = readdirSync(folder).flatMap((name) => /^(\w+)\.lambda\.ts$/.exec(name)?.[1] ?? []);
  expect(services).toContain('store');
  expect(services).not.toContain('scrape');
  for (const service of services) expect(all).toContain(service);
});

it.each([...services])(
  '%s is in the VPC and has no client for a service that it cannot reach',
  async (service) => {
    const clients = await clientsOf(service);
    expect(clients.filter((client) => !reachable.includes(client))).toEqual([]);
  },
);

it('sees a client where there is one', async () => {
  expect(await clientsOf('scrape')).toContain('client-sqs');
});
