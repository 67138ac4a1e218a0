import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { apiRoutes } from '../../functions/contract/api/routes.ts';
import { openApiDocument } from '../../functions/core/api/openapi.ts';

type Json = Record<string, unknown>;
const document = openApiDocument() as { paths: Record<string, { get: Json }>; components: { schemas: Json } };

describe('the OpenAPI document', () => {
  it('is what docs/openapi.json says (rewrite it with npm run openapi)', () => {
    expect(JSON.parse(readFileSync('docs/openapi.json', 'utf8'))).toEqual(document);
  });

  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('has every route, and for each parameter of its path a description', () => {
    expect(Object.keys(document.paths)).toEqual(Object.values(apiRoutes).map(({ path }) => path));
    for (const [path, { get }] of Object.entries(document.paths)) {
      const named = (get['parameters'] as { name: string; in: string }[]).filter((one) => one.in === 'path');
      expect(named.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    }
  });

  it('points only to schemas that it holds, and holds none that nothing points to', () => {
    const pointed = JSON.stringify(document).match(/(?<="#\/components\/schemas\/)\w+/g) ?? [];
    expect([...new Set(pointed)].sort()).toEqual(Object.keys(document.components.schemas).sort());
  });
});
