import type { Resource } from './load.ts';

/** A template as a file holds it. */
export interface TemplateFile {
  Resources?: Record<string, Resource>;
  Parameters?: Record<string, { Default?: unknown }>;
}

/**
 * The resources of a template with those of its nested stacks in their place: what CloudFormation creates in the end. In a
 * nested stack, a parameter becomes what the stack around it gives for it. `read` gets the hash in the address of a nested
 * stack's template. Throws when two templates use one logical id, or when the outer one uses outputs of a nested one.
 */
export function withNested(
  template: TemplateFile,
  read: (hash: string) => TemplateFile,
): Record<string, Resource> {
  const resources: Record<string, Resource> = {};
  const add = (id: string, resource: Resource): void => {
    if (id in resources) throw new Error(`Two of the stack's templates have a resource ${id}.`);
    resources[id] = resource;
  };
  for (const [id, resource] of Object.entries(template.Resources ?? {})) {
    if (resource.Type !== 'AWS::CloudFormation::Stack') {
      add(id, resource);
      continue;
    }
    const { Parameters = {}, TemplateURL } = (resource.Properties ?? {}) as {
      Parameters?: Record<string, unknown>;
      TemplateURL?: unknown;
    };
    const hash = /([0-9a-f]{64})\.json/.exec(JSON.stringify(TemplateURL))?.[1];
    if (hash === undefined) throw new Error(`The nested stack ${id} does not say where its template is.`);
    for (const [inner, nested] of Object.entries(withNested(read(hash), read)))
      add(inner, replaceParameters(nested, Parameters) as Resource);
  }
  return resources;
}

function replaceParameters(value: unknown, parameters: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(value)) return value.map((element) => replaceParameters(element, parameters));
  if (typeof value !== 'object' || value === null) return value;
  if ('Ref' in value && typeof value.Ref === 'string' && value.Ref in parameters)
    return parameters[value.Ref];
  return Object.fromEntries(
    Object.entries(value).map(([key, element]) => [key, replaceParameters(element, parameters)]),
  );
}
