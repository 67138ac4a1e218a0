import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fillForApi } from '../../bench/api-data.ts';
import { apiRoutes, type RouteId, routeKey } from '../../functions/contract/api/routes.ts';
import type { LoopbackServer } from '../../local/aws/http.ts';
import { serveHttpApi } from '../../local/http-api/server.ts';
import type { TestPostgres } from '../../local/postgres/for-tests.ts';
import { startRetailPostgres, withClient } from '../adapters/postgres/retail-database.ts';
import { startApi } from './api-environment.ts';

/** What a client knows of the API: the document that it publishes, and an address. */
interface Schema {
  type?: string;
  enum?: string[];
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
}
interface Parameter {
  name: string;
  in: 'path' | 'query';
  required: boolean;
  schema: Schema;
}
interface Operation {
  operationId: string;
  parameters: Parameter[];
  responses: Record<string, { content: Record<string, unknown> }>;
}
const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
  paths: Record<string, { get: Operation }>;
};
const operations = Object.entries(document.paths).map(([path, { get }]) => ({ path, ...get }));
const products = 1_000;

const ajv = new Ajv2020.default({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(document, 'document');
/** What is wrong with a value, by a schema that lies at this place of the document. */
function faults(value: unknown, ...place: string[]): string {
  const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
  const validate = ajv.getSchema(`document#/${pointer.join('/')}`);
  if (validate === undefined) return `the document has nothing at ${pointer.join('/')}`;
  return validate(value) === true ? '' : ajv.errorsText(validate.errors);
}
const fits = (schema: Schema, text: string) =>
  ajv.validate(schema, schema.type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text) === true;

let server: TestPostgres;
let http: LoopbackServer;
beforeAll(async () => {
  server = await startRetailPostgres();
  const address = await server.createDatabase();
  await withClient(address, (client) => fillForApi(client, { products, now: new Date() }, () => undefined));
  const { handler } = await startApi(address);
  const routes = (Object.keys(apiRoutes) as RouteId[]).map((id) => ({
    key: routeKey(id),
    functionName: 'api',
  }));
  const invoke = async (_: string, event: unknown) => ({
    payload: await handler(event),
    functionError: null,
    durationMs: 0,
  });
  http = await serveHttpApi(
    { logicalId: 'Api', name: 'api', routes },
    { host: { invoke }, accountId: '000000000000' },
  );
});
afterAll(async () => {
  await http.close();
  await server.stop();
});
beforeEach(() => {
  for (const stream of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation(() => undefined);
});

/** Values that the schema allows, among them some that the database has. */
function valid({ name, schema }: Parameter): fc.Arbitrary<string> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.type === 'integer')
    return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 10_000 }).map(String);
  if (schema.format === 'date-time')
    return fc
      .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((at) => at.toISOString());
  const made = fc.stringMatching(new RegExp(schema.pattern ?? '', 'u'));
  const known = fc.constantFrom(
    ...(name === 'marketplace' ? ['uzum', 'yandex', 'olx'] : ['чехол', 'art', 'SKU 1']),
  );
  const id = fc.integer({ min: 1, max: products }).map(String);
  return fc
    .oneof({ weight: 1, arbitrary: made }, { weight: 2, arbitrary: known }, { weight: 2, arbitrary: id })
    .filter((text) => fits(schema, text) && sendable(text));
}

/** Values that it does not. */
function invalid({ in: place, schema }: Parameter): fc.Arbitrary<string> {
  const odd = [
    '\u0000',
    'a\nb',
    '-1',
    '0',
    '1e3',
    '1.5',
    '99999',
    ' 7',
    'listing',
    'UZUM',
    "' or 1=1 --",
    'x'.repeat(900),
  ];
  const dates = ['2026-02-30', '2026-13-01T00:00:00Z', '1999-01-01T00:00:00Z', '2026-01-01T00:00:00', 'now'];
  return fc
    .oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constantFrom('', ...odd, ...dates))
    .filter((text) => !fits(schema, text) && sendable(text) && (place === 'query' || text !== ''));
}

/** A client that resolves `..` in a path before it asks does not ask for it. */
const sendable = (text: string) => text.isWellFormed() && text !== '.' && text !== '..';

type Values = [name: string, value: string][];
/** A request that the document allows: what is required, and some of the rest. */
function request(operation: (typeof operations)[number]): fc.Arbitrary<{ path: Values; query: Values }> {
  const pairs = (place: string) =>
    fc.tuple(
      ...operation.parameters
        .filter((parameter) => parameter.in === place)
        .map((parameter) => {
          const pair = valid(parameter).map((value): [string, string] => [parameter.name, value]);
          return parameter.required ? pair : fc.option(pair, { freq: 2 });
        }),
    );
  const given = (all: ([string, string] | null)[]) => all.filter((pair) => pair !== null);
  return fc.record({ path: pairs('path').map(given), query: pairs('query').map(given) });
}

async function ask(operation: (typeof operations)[number], { path, query }: { path: Values; query: Values }) {
  const filled = path.reduce(
    (text, [name, value]) => text.replace(`{${name}}`, () => encodeURIComponent(value)),
    operation.path,
  );
  const text = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const response = await fetch(`${http.url}${filled}?${text.join('&')}`);
  const type = response.headers.get('content-type') ?? '';
  const wrong = faults(
    await response.clone().json(),
    ...['paths', operation.path, 'get', 'responses', String(response.status), 'content', type, 'schema'],
  );
  return { status: response.status, wrong, body: (await response.json()) as Record<string, unknown> };
}

/** A request that the document allows, and one thing that it does not. */
function malformed(operation: (typeof operations)[number]) {
  const { parameters } = operation;
  const unknown = fc
    .stringMatching(/^[a-z_]{1,12}$/)
    .filter((name) => !parameters.some((one) => one.name === name));
  const faults: fc.Arbitrary<{ kind: string; name: string; value: string }>[] = [
    fc.record({
      kind: fc.constant('unknown'),
      name: unknown,
      value: fc.string({ unit: 'grapheme-ascii' }),
    }),
  ];
  if (parameters.length > 0) {
    const one = fc.constantFrom(...parameters);
    faults.push(
      one.chain((parameter) =>
        fc.record({
          kind: fc.constant(parameter.in),
          name: fc.constant(parameter.name),
          value: invalid(parameter),
        }),
      ),
    );
  }
  const queried = parameters.filter((parameter) => parameter.in === 'query');
  if (queried.length > 0)
    faults.push(
      fc.constantFrom(...queried).chain((parameter) =>
        fc.record({
          kind: fc.constant('twice'),
          name: fc.constant(parameter.name),
          value: valid(parameter),
        }),
      ),
    );
  const required = queried.filter((parameter) => parameter.required);
  if (required.length > 0)
    faults.push(
      fc.record({
        kind: fc.constant('missing'),
        name: fc.constantFrom(...required.map(({ name }) => name)),
        value: fc.constant(''),
      }),
    );
  return fc.record({
    operation: fc.constant(operation),
    given: request(operation),
    fault: fc.oneof(...faults),
  });
}

describe('a client that knows the OpenAPI document', () => {
  it('gets for whatever the document allows an answer that the document describes, and never a 5xx', async () => {
    const statuses: number[] = [];
    const asked = fc.oneof(
      ...operations.map((operation) =>
        fc.record({ operation: fc.constant(operation), given: request(operation) }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(asked, async ({ operation, given }) => {
        const { status, wrong } = await ask(operation, given);
        statuses.push(status);
        expect(wrong).toBe('');
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 500 },
    );
    // What is refused for reasons that no schema can say (two filters at once, a cursor of its own) is the lesser part.
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(150);
  });

  it('gets for a thousand malformed requests a 4xx that names the parameter at fault', async () => {
    const broken = fc.oneof(...operations.map(malformed));
    await fc.assert(
      fc.asyncProperty(broken, async ({ operation, given, fault: { kind, name, value } }) => {
        const without = given.query.filter(([of]) => of !== name);
        const pair: [string, string] = [name, value];
        const asked = {
          path: given.path.map(([of, was]): [string, string] => [
            of,
            kind === 'path' && of === name ? value : was,
          ]),
          query:
            kind === 'path' || kind === 'missing'
              ? without
              : kind === 'twice'
                ? [...without, pair, pair]
                : [...without, pair],
        };
        const { status, wrong, body } = await ask(operation, asked);
        expect([status, wrong]).toEqual([400, '']);
        expect(body['detail']).toContain(name);
        expect((body['errors'] as { parameter: string }[]).map(({ parameter }) => parameter)).toContain(name);
      }),
      { numRuns: 1_000 },
    );
  });
});
