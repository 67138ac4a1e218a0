import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { archiveRequestSchema } from '../../functions/contract/archive.ts';
import {
  apiEnv,
  archiveEnv,
  auditEnv,
  dispatchEnv,
  dueEnv,
  gatekeeperEnv,
  migrateEnv,
  replayEnv,
  scrapeEnv,
  storeEnv,
} from '../../functions/contract/env.ts';
import {
  apiEventSchema,
  dispatchEventSchema,
  dueRequestSchema,
  gapsEventSchema,
  gatekeeperEventSchema,
  jobSchema,
  replayEventSchema,
  storeProbeSchema,
  visitsMessageSchema,
} from '../../functions/contract/messages.ts';
import { ofType, synthesized } from '../support/synthesized.ts';

// Loading the CDK and synthesizing takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

const read = (name: string): unknown => JSON.parse(readFileSync(`events/${name}`, 'utf8'));
const records = (body: z.ZodType) =>
  z.object({
    Records: z.array(z.object({ body: z.string().transform((text) => body.parse(JSON.parse(text))) })).min(1),
  });

describe('events for sam local', () => {
  it.each<[string, z.ZodType]>([
    ['dispatch-sweep.json', dispatchEventSchema],
    ['dispatch-refresh.json', dispatchEventSchema],
    ['dispatch-gaps.json', gapsEventSchema],
    ['archive.json', archiveRequestSchema],
    ['due.json', dueRequestSchema],
    ['replay.json', replayEventSchema],
    ['replay-quarantine.json', replayEventSchema],
    ['scrape.json', records(jobSchema)],
    ['store.json', records(visitsMessageSchema)],
    ['api.json', apiEventSchema],
    ['store-probe.json', storeProbeSchema],
    ['gatekeeper.json', gatekeeperEventSchema],
    ['gatekeeper-close.json', gatekeeperEventSchema],
    ['gatekeeper-pause.json', gatekeeperEventSchema],
  ])('%s is what the function takes', (name, schema) => {
    expect(schema.safeParse(read(name)).error).toBeUndefined();
  });
});

describe('env.local.json', () => {
  const overrides = z.record(z.string(), z.record(z.string(), z.string())).parse(read('env.local.json'));
  const functions = ofType(synthesized('dev'), 'AWS::Lambda::Function').filter(
    ([, { Handler }]) => Handler === 'index.handler',
  );
  const declared = new Map(
    functions.map(([id, { Environment }]) => [
      id,
      (Environment as { Variables: Record<string, unknown> }).Variables,
    ]),
  );

  it('names every function by its logical id', () => {
    expect(Object.keys(overrides).sort()).toEqual([...declared.keys()].sort());
  });

  it.each(Object.keys(overrides))(
    'gives %s what sam local cannot resolve, and only variables that it declares',
    (id) => {
      const variables = declared.get(id) ?? expect.fail(`${id} is not in the template`);
      const unresolvable = Object.keys(variables).filter((name) => typeof variables[name] !== 'string');
      expect(Object.keys(overrides[id] ?? {}).sort()).toEqual([...unresolvable, 'ENDPOINTS'].sort());
    },
  );

  it.each<[string, z.ZodType]>([
    ['Dispatch', dispatchEnv],
    ['ScrapeUzum', scrapeEnv],
    ['StoreEcommerce', storeEnv],
    ['DueEcommerce', dueEnv],
    ['ArchiveEcommerce', archiveEnv],
    ['AuditEcommerce', auditEnv],
    ['ApiEcommerce', apiEnv],
    ['MigrateEcommerce', migrateEnv],
    ['Gatekeeper', gatekeeperEnv],
    ['Replay', replayEnv],
  ])('makes of %s’s environment one that it accepts', (id, schema) => {
    expect(schema.safeParse({ ...declared.get(id), ...overrides[id] }).error).toBeUndefined();
  });
});
