/** What of a resource matters here; the rest is carried along. */
export interface NestableResource {
  Type: string;
  Properties?: Record<string, unknown>;
}

/**
 * The resources of a template together with those of its nested stacks, whose parameters are replaced by what the outer stack
 * gives for them: one flat system, as it is once it is deployed. `read` gives the resources of one nested stack.
 */
export function withNested<Resource extends NestableResource>(
  resources: Record<string, Resource>,
  read: (logicalId: string, stack: Resource) => Record<string, Resource>,
): Record<string, Resource> {
  const flat: Record<string, Resource> = {};
  const add = (logicalId: string, resource: Resource) => {
    if (logicalId in flat) throw new Error(`Two stacks of one app have a resource ${logicalId}.`);
    flat[logicalId] = resource;
  };
  for (const [logicalId, resource] of Object.entries(resources)) {
    if (resource.Type !== 'AWS::CloudFormation::Stack') {
      add(logicalId, resource);
      continue;
    }
    const given = (resource.Properties?.['Parameters'] ?? {}) as Record<string, unknown>;
    for (const [innerId, inner] of Object.entries(withNested(read(logicalId, resource), read)))
      add(innerId, replaced(inner, given) as Resource);
  }
  return flat;
}

function replaced(value: unknown, given: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((inner) => replaced(inner, given));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref: name, ...others } = value as Record<string, unknown>;
  if (typeof name === 'string' && name in given && Object.keys(others).length === 0) return given[name];
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner, given)]));
}
