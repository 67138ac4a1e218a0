type Tree = Record<string, unknown>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `override` over `base`, object by object to any depth. Lists, nulls and plain values replace what was there. */
export function mergeDeeply(base: unknown, override: unknown): unknown {
  if (override === undefined) return base;
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
  const copy = structuredClone(tree);
  for (const path of paths) remove(copy, path);
  return copy;
}

function remove(tree: unknown, path: readonly PropertyKey[]): void {
  const key = path.at(-1);
  if (key === undefined) return;
  const parent = at(tree, path.slice(0, -1));
  if (Array.isArray(parent)) remove(tree, path.slice(0, -1));
  else if (isTree(parent)) delete parent[String(key)];
}
