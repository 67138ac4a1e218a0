/** `narx-<stage>-<part>-<part>…`; parts that are null are left out. People type these names into the AWS CLI. */
export function resourceName(config: { stage: string }, ...parts: (string | null)[]): string {
  return ['narx', config.stage, ...parts.filter((part) => part !== null)].join('-');
}

/**
 * `StoreEcommerce`, `UzumJobs`: the logical id of what must keep it (stateful resources: a new id is a new resource) or
 * what people name (functions: `sam local invoke StoreEcommerce`). The same in every stage.
 */
export function logicalId(...parts: (string | null)[]): string {
  return parts
    .filter((part) => part !== null)
    .flatMap((part) => part.split('-'))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
