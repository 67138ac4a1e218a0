import { type References, resolve, Unresolved } from './intrinsics.ts';
import type { Resource, Template } from './load.ts';

/** The resolved properties of one resource. Every fault names the resource and the property. */
export interface Properties {
  logicalId: string;
  value(path: string): unknown;
  text(path: string): string;
  text(path: string, fallback: string | null): string | null;
  number(path: string, fallback?: number): number;
  list(path: string): unknown[];
}

/** Readers for all resources of the given types, in the order of the template. */
export function resourcesOf(
  template: Template,
  references: References,
  ...types: string[]
): { properties: Properties; resource: Resource }[] {
  return Object.entries(template.resources).flatMap(([logicalId, resource]) =>
    types.includes(resource.Type)
      ? [
          {
            resource,
            properties: propertiesOf(`${logicalId} (${resource.Type})`, logicalId, resource, references),
          },
        ]
      : [],
  );
}

function propertiesOf(
  title: string,
  logicalId: string,
  resource: Resource,
  references: References,
): Properties {
  const value = (path: string): unknown => {
    let current: unknown = resource.Properties ?? {};
    for (const name of path.split('.')) {
      if (typeof current !== 'object' || current === null) return undefined;
      current = (current as Record<string, unknown>)[name];
    }
    try {
      return resolve(current, references);
    } catch (error) {
      if (error instanceof Unresolved)
        throw new Error(`${title}, property ${path}: the local stack cannot resolve ${error.intrinsic}.`);
      throw error;
    }
  };
  function text(path: string, fallback?: string | null): string {
    const found = value(path);
    if (found === undefined || found === null) {
      if (fallback !== undefined) return fallback as string;
      throw new Error(`${title} has no property ${path}, which the local stack needs.`);
    }
    if (typeof found === 'object') throw new Error(`${title}, property ${path}: must be a text.`);
    return String(found);
  }
  return {
    logicalId,
    value,
    text,
    number: (path, fallback) => {
      const found = value(path) ?? fallback;
      const number = typeof found === 'string' || typeof found === 'number' ? Number(found) : Number.NaN;
      if (!Number.isFinite(number)) throw new Error(`${title}, property ${path}: must be a number.`);
      return number;
    },
    list: (path) => {
      const found = value(path) ?? [];
      if (!Array.isArray(found)) throw new Error(`${title}, property ${path}: must be a list.`);
      return found;
    },
  };
}
