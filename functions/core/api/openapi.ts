import { z } from 'zod';
import { apiRoutes, type RouteId } from '../../contract/api/routes.ts';
import { problemSchema } from '../../contract/api/values.ts';

const described: Record<number, string> = {
  200: 'The answer',
  400: 'The request is at fault; `errors` names the parameters',
  404: 'There is no such thing, or narx has not seen it',
  500: 'A fault of the service; it has been logged',
  503: 'What it is read from cannot serve now: try again',
};

type JsonSchema = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document, the same for every storage domain, made from the schemas that check requests and that tests hold
 * responses to.
 */
export function openApiDocument(): Record<string, unknown> {
  // The schemas are walked once in the life of an environment.
  made ??= makeDocument();
  return made;
}

let made: Record<string, unknown> | undefined;

function makeDocument(): Record<string, unknown> {
  const components: Record<string, JsonSchema> = {};
  const reference = (schema: z.ZodType): JsonSchema => lift(schemaOf(schema, 'output'), components);
  const paths = Object.fromEntries(
    (Object.keys(apiRoutes) as RouteId[]).map((id) => {
      const route = apiRoutes[id];
      const answers = (status: number): Record<string, unknown> => ({
        description: described[status],
        content:
          status === 200 || (id === 'health' && status === 503)
            ? {
                'application/json': {
                  schema: route.response === null ? { type: 'object' } : reference(route.response),
                },
              }
            : { 'application/problem+json': { schema: reference(problemSchema) } },
      });
      const statuses = [200, 400, 500, 503, ...route.alsoAnswers].sort();
      return [
        route.path,
        {
          get: {
            operationId: id,
            summary: route.summary,
            parameters: [...parameters(route.pathParameters, 'path'), ...parameters(route.query, 'query')],
            responses: Object.fromEntries(statuses.map((status) => [status, answers(status)])),
          },
        },
      ];
    }),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'narx',
      version: '1',
      description:
        'Marketplace price history, read only. Requests are signed with AWS Signature Version 4 (service `execute-api`). Every price comes with the time at which it was last seen at its marketplace; see `confirmed`. Lists are read page by page: pass `next` as `cursor`.',
    },
    servers: [{ url: '/' }],
    security: [{ sigv4: [] }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        sigv4: {
          type: 'apiKey',
          name: 'Authorization',
          in: 'header',
          description: 'AWS Signature Version 4, service execute-api',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
    },
  };
}

function parameters(schema: z.ZodType | null, place: 'path' | 'query'): Record<string, unknown>[] {
  if (schema === null) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...type }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: type,
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return rest;
}

/** Moves a schema's definitions to the document's components, where all routes share them. */
function lift(schema: JsonSchema, components: Record<string, JsonSchema>): JsonSchema {
  const { $defs = {}, ...root } = relinked(schema) as JsonSchema & { $defs?: Record<string, JsonSchema> };
  for (const [name, definition] of Object.entries($defs)) components[name] = withoutId(definition);
  const { id } = root;
  if (typeof id !== 'string') return root;
  components[id] = withoutId(root);
  return { $ref: `#/components/schemas/${id}` };
}

function withoutId({ id, ...rest }: JsonSchema): JsonSchema {
  return rest;
}

function relinked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relinked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, inner.replace('#/$defs/', '#/components/schemas/')]
        : [key, relinked(inner)],
    ),
  );
}
