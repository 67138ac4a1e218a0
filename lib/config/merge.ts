type Tree = Record<string, unknown>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * `override` over `base`, object by object to any depth. Lists, nulls and plain values replace what was there; an object
 * replaces only what may be one, so that a base that is at fault stays to be seen.
 */
export function mergeDeeply(base: unknown, override: unknown): unknown {
  if (override === undefined) return base;
  if (isTree(override) && base !== undefined && base !== null && !isTree(base)) return base;
  if (!isTree(base) || !isTree(override)) return override;
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(override)) merged[key] = mergeDeeply(base[key], value);
  return merged;
}

/** The value at a path, or undefined. */
export function at(tree: unknown, path: readonly PropertyKey[]): unknown {
  let value = tree;
  for (const key of path) {
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isTree(value) && Object.hasOwn(value, key)) value = value[String(key)];
    else return undefined;
  }
  return value;
}

/** `tree` without what is at the paths. An element of a list takes the whole list with it. */
export function without(tree: unknown, paths: readonly (readonly PropertyKey[])[]): unknown {
  const whole = copy(tree);
  for (const path of paths) remove(whole, path);
  return whole;
}

/** Not structuredClone, which refuses what has no business in a configuration but must still be reported. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return [...value];
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]));
}

function remove(tree: unknown, path: readonly PropertyKey[]): void {
  const key = path.at(-1);
  if (key === undefined) return;
  const parent = at(tree, path.slice(0, -1));
  if (Array.isArray(parent)) remove(tree, path.slice(0, -1));
  else if (isTree(parent)) delete parent[String(key)];
}
