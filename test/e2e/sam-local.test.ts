import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FunctionSpec } from '../../local/cloud-model.ts';
import type { LambdaHost } from '../../local/interfaces.ts';
import { createLambdaHost } from '../../local/lambda/host.ts';
import { cleanUp, root, runFolder, startRunner } from './runner.ts';

// The CDK CLI synthesizes and a whole stack starts: seconds on a calm machine, minutes on one that is very busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 300_000 });

/** What `sam local` reads of a function. */
interface Declared {
  Type: string;
  Properties: {
    FunctionName?: string;
    Handler: string;
    Timeout?: number;
    MemorySize?: number;
    Environment?: { Variables: Record<string, unknown> };
  };
  Metadata?: Record<string, string>;
}
type Overrides = Record<string, Record<string, string>>;

/** Every event, with the function that it is for and what that answers in a stage that has just begun its first sweep. */
const events: [event: string, logicalId: string, answer: unknown][] = [
  ['dispatch-sweep', 'Dispatch', { marketplace: 'uzum', mode: 'sweep', outcome: expect.any(String) }],
  ['dispatch-refresh', 'Dispatch', { marketplace: 'uzum', mode: 'refresh', outcome: expect.any(String) }],
  ['dispatch-gaps', 'Dispatch', { uzum: expect.objectContaining({ jobs: 0 }) }],
  ['scrape', 'ScrapeUzum', { batchItemFailures: [] }],
  ['store', 'StoreEcommerce', { batchItemFailures: [] }],
  ['store-probe', 'StoreEcommerce', { failure: null }],
  ['due', 'DueEcommerce', { references: expect.any(Array) }],
  ['audit', 'AuditEcommerce', null],
  ['api', 'ApiEcommerce', { statusCode: 200, body: expect.stringContaining('"items":') }],
  ['archive', 'ArchiveEcommerce', { done: true, dropped: [] }],
  ['migrate', 'MigrateEcommerce', { applied: [], ahead: [], partitions: [] }],
  ['replay', 'Replay', { ecommerce: expect.objectContaining({ waiting: 0 }) }],
  ['replay-quarantine', 'Replay', { results: [expect.objectContaining({ result: 'missing' })] }],
  ['gatekeeper', 'Gatekeeper', { uzum: 'open', ecommerce: 'closed' }],
  ['gatekeeper-pause', 'Gatekeeper', { ecommerce: 'paused' }],
  ['gatekeeper-close', 'Gatekeeper', { uzum: 'closed' }],
];

let folder: string;
let out: string;
let functions: [logicalId: string, declared: Declared][];
let overrides: Overrides;
let host: LambdaHost;

const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const functionsOf = (template: string) =>
  Object.entries((json(join(out, template)) as { Resources: Record<string, Declared> }).Resources).filter(
    ([, { Type }]) => Type === 'AWS::Lambda::Function',
  );

/**
 * The environment that `sam local` gives a function, as far as the template and the file of `--env-vars` decide
 * (samcli/local/lambdafn/env_vars.py): an intrinsic is an empty string, and only what is declared can be overridden.
 */
function samEnvironment(logicalId: string, { Properties }: Declared): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Properties.Environment?.Variables ?? {}).map(([name, value]) => [
      name,
      overrides[logicalId]?.[name] ?? (typeof value === 'string' ? value : ''),
    ]),
  );
}

beforeAll(async () => {
  folder = runFolder();
  out = join(folder, 'synthesized');
  // Without credentials, a region or a network: what a stranger has.
  const env = { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1' };
  const words = ['synth', '--quiet', '--context', 'stage=dev', '--output', out];
  const cdk = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const synthesized = promisify(execFile)(process.execPath, [cdk, ...words], { cwd: root, env });
  const dev = startRunner(folder, ['--stage', 'dev'], 'dev');
  await Promise.all([synthesized, dev.wrote(/^For sam local: /m)]);
  overrides = json(join(folder, 'env.local.json')) as Overrides;
  // CDK's own function, which calls migrate during a deployment, is named by no logical id of ours.
  functions = functionsOf('narx-dev.template.json').filter(
    ([, { Properties }]) => Properties.FunctionName !== undefined,
  );
  host = createLambdaHost({
    region: 'us-east-1',
    accountId: '123456789012',
    functions: functions.map(
      ([logicalId, declared]): FunctionSpec => ({
        logicalId,
        name: logicalId,
        handler: declared.Properties.Handler,
        codeDir: join(out, declared.Metadata?.['aws:asset:path'] ?? 'absent'),
        memoryMb: declared.Properties.MemorySize ?? 0,
        timeoutSeconds: declared.Properties.Timeout ?? 0,
        environment: samEnvironment(logicalId, declared),
      }),
    ),
    observer: { invoked: () => undefined, throttled: () => undefined, output: () => undefined },
    timeoutMs: ({ timeoutSeconds }) => timeoutSeconds * 1_000,
    compileCache: join(folder, 'compile-cache'),
  });
});
afterAll(async () => {
  await host?.stop();
  cleanUp(folder);
});

describe('sam local', () => {
  it('finds the code of every function by the path that the CDK CLI writes, and in it what the handler names', async () => {
    for (const [logicalId, { Properties, Metadata }] of functions) {
      expect(Properties.Handler, logicalId).toBe('index.handler');
      expect(Metadata?.['aws:asset:property'], logicalId).toBe('Code');
      const code = readFileSync(join(out, Metadata?.['aws:asset:path'] ?? 'absent', 'index.mjs'), 'utf8');
      expect(code, logicalId).toMatch(/^export \{[^}]*\bhandler\b/m);
    }
  });

  it('reaches every function by its logical id: nested stacks have none', () => {
    const nested = readdirSync(out).filter((name) => name.endsWith('.nested.template.json'));
    expect(nested.length).toBeGreaterThan(0);
    for (const template of nested) expect(functionsOf(template), template).toEqual([]);
  });

  it('has a value for every variable of every function with the file that npm run dev writes', () => {
    expect(Object.keys(overrides).sort()).toEqual(functions.map(([id]) => id).sort());
    for (const [id, declared] of functions) {
      const environment = samEnvironment(id, declared);
      expect(
        Object.keys(environment).filter((name) => environment[name] === ''),
        id,
      ).toEqual([]);
      const undeclared = Object.keys(overrides[id] ?? {}).filter((name) => !(name in environment));
      expect(undeclared, id).toEqual([]);
    }
  });

  it('has an event for every function, and each event is tried here', () => {
    const files = readdirSync('events').filter((name) => name !== 'env.local.json');
    expect(events.map(([event]) => `${event}.json`).sort()).toEqual(files.sort());
    expect([...new Set(events.map(([, id]) => id))].sort()).toEqual(functions.map(([id]) => id).sort());
  });

  it.each(events)('%s.json makes %s do its work against npm run dev', async (event, id, answer) => {
    const { payload, functionError } = await host.invoke(id, json(join('events', `${event}.json`)));
    expect(functionError, JSON.stringify(payload)).toBeNull();
    expect(payload).toEqual(
      typeof answer === 'object' && answer !== null ? expect.objectContaining(answer) : answer,
    );
  });
});
