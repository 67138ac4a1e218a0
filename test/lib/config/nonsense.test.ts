import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConfigurationError } from '../../../functions/core/model/errors.ts';
import { loadConfig } from '../../../lib/config/load.ts';
import type { ConfigInput } from '../../../lib/config/schema.ts';
import { config } from '../../../narx.config.ts';

type Path = readonly string[];

function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, [...path, key]))];
}

function withValueAt(tree: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  return { ...(tree as object), [key]: withValueAt((tree as Record<string, unknown>)[key], rest, value) };
}

const nonsense = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
  }),
  fc.constantFrom(
    () => 1,
    Symbol('s'),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    0.5,
    '',
    ' ',
    'rate(0 minutes)',
  ),
);

it('whatever stands in the configuration, wherever: it is accepted, or refused in whole sentences', () => {
  fc.assert(
    fc.property(fc.constantFrom(...pathsIn(config)), nonsense, (path, value) => {
      const input = withValueAt(config, path, value) as ConfigInput;
      try {
        loadConfig(input, 'local');
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        expect(error.faults).not.toEqual([]);
        for (const fault of error.faults) expect(fault).toMatch(/^\S.*: .+\.$/);
        expect(new Set(error.faults).size).toBe(error.faults.length);
      }
    }),
    { numRuns: 200 },
  );
});
