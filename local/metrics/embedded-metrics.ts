import { z } from 'zod';
import type { Dimensions } from './collector.ts';

/** One value out of a log line. */
export interface EmbeddedValue {
  namespace: string;
  name: string;
  dimensions: Dimensions;
  value: number;
  unit: string;
  /** Milliseconds since the epoch, as the function gave it. */
  at: number;
}

const metadata = z.object({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string().min(1),
        Dimensions: z.array(z.array(z.string()).max(30)).default([[]]),
        Metrics: z.array(z.object({ Name: z.string().min(1), Unit: z.string().default('None') })).max(100),
      }),
    ),
  }),
});

/**
 * The metrics in a line of a function's output; none for a line that is not in embedded metric format. Every directive,
 * every set of dimensions and every value of a list counts; a set that names a member that is not there is left out.
 * Source: "Embedded metric format specification".
 */
export function embeddedValues(line: string): EmbeddedValue[] {
  // Nearly all lines are plain logs: do not parse those.
  if (!line.startsWith('{') || !line.includes('"CloudWatchMetrics"')) return [];
  let root: unknown;
  try {
    root = JSON.parse(line);
  } catch {
    return [];
  }
  const parsed = metadata.safeParse(root);
  if (!parsed.success) return [];
  const members = root as Record<string, unknown>;
  const found: EmbeddedValue[] = [];
  for (const directive of parsed.data._aws.CloudWatchMetrics) {
    const sets = directive.Dimensions.length === 0 ? [[]] : directive.Dimensions;
    for (const names of sets) {
      const dimensions = dimensionsOf(names, members);
      if (!dimensions) continue;
      for (const { Name, Unit } of directive.Metrics) {
        for (const value of numbersOf(members[Name])) {
          found.push({
            namespace: directive.Namespace,
            name: Name,
            dimensions,
            value,
            unit: Unit,
            at: parsed.data._aws.Timestamp,
          });
        }
      }
    }
  }
  return found;
}

function dimensionsOf(names: string[], members: Record<string, unknown>): Dimensions | null {
  const dimensions: Record<string, string> = {};
  for (const name of names) {
    const value = members[name];
    if (typeof value !== 'string' || value === '') return null;
    dimensions[name] = value;
  }
  return dimensions;
}

function numbersOf(value: unknown): number[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item): item is number => typeof item === 'number');
}
