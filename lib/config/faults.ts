import { inspect } from 'node:util';
import { z } from 'zod';
import { at, isTree } from './merge.ts';
import { settingsSchema } from './schema.ts';

/** What is wrong at one place. `message` is a clause without the path and without a full stop. */
export interface Fault {
  path: readonly PropertyKey[];
  message: string;
}

/**
 * Faults of form: one per zod issue, one per unknown key. A setting that is missing because it is misspelt is one fault,
 * not two. The parse must have used `reportInput`.
 */
export function schemaFaults(issues: readonly z.core.$ZodIssue[]): Fault[] {
  const misspelt = new Set<string>();
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    for (const key of issue.keys) {
      const meant = nearestOf(key, knownKeys(issue.path));
      if (meant !== null) misspelt.add([...issue.path, meant].join('.'));
    }
  }
  return issues.flatMap((issue): Fault[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        message: `is not a setting; ${nearest(key, knownKeys(issue.path))}`,
      }));
    if (issue.input === undefined && misspelt.has(issue.path.join('.'))) return [];
    return [{ path: issue.path, message: messageOf(issue) }];
  });
}

/** One sentence. A value that the stage overrides is named where the stage states it; a group is named in the file. */
export function sentence(fault: Fault, stage: string, overrides: unknown): string {
  const place = fault.path.map(named).join('.');
  const override = at(overrides, fault.path);
  const overridden = override !== undefined && !isTree(override);
  return `${overridden ? `stages.${stage}.${place}` : place}: ${fault.message}.`;
}

/** A name that nobody would recognize as one, an empty one say, stands in quotes. */
function named(key: PropertyKey): string {
  const text = String(key);
  return /^[\w-]+$/.test(text) ? text : JSON.stringify(text);
}

/** Says which known word to use: the one that is most like the given one, or any of them when none is. */
export function nearest(word: string, known: readonly string[]): string {
  const best = nearestOf(word, known);
  if (best !== null) return `use ${best} instead`;
  return known.length > 0 ? `use one of ${known.join(', ')}` : 'remove it';
}

function nearestOf(word: string, known: readonly string[]): string | null {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  const close = best !== undefined && best.distance <= Math.max(2, Math.floor(word.length / 3));
  return close ? best.candidate : null;
}

function messageOf(issue: z.core.$ZodIssue): string {
  const given = show(issue.input);
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing; give ${article(issue.expected)}`
        : `is ${given}; give ${article(issue.expected)} instead`;
    case 'too_small':
      return `is ${given}; it must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `is ${given}; it must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
    case 'invalid_value':
      return issue.input === undefined
        ? `is missing; give one of ${issue.values.join(', ')}`
        : `is ${given}; give one of ${issue.values.join(', ')} instead`;
    case 'invalid_format':
      return `is ${given}; ${formats[issue.format] ?? `give ${issue.message}`}`;
    case 'invalid_key':
      return `is not a usable name; give ${issue.issues.map((inner) => inner.message).join(', ')}`;
    default:
      return `is ${given}: ${issue.message}; change it`;
  }
}

const formats: Record<string, string> = {
  email: 'give an e-mail address',
  url: 'give an address that starts with https:// or http://',
};

const articles: Record<string, string> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text in quotes',
  boolean: 'true or false',
  object: 'a group of settings in braces',
  record: 'a group of named entries in braces',
  array: 'a list in brackets',
};
const article = (expected: string) => articles[expected] ?? expected;

/** A value as a person would write it, on one line and never long. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 2 });
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}

/** The keys that the schema has at a path. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: z.core.$ZodType = settingsSchema;
  for (const key of path) {
    const inner = bare(schema);
    if (inner instanceof z.ZodObject) schema = inner.shape[String(key)];
    else if (inner instanceof z.ZodRecord) schema = inner.valueType;
    else return [];
  }
  const found = bare(schema);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function bare(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodNullable || schema instanceof z.ZodOptional ? bare(schema.unwrap()) : schema;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of [...a].entries()) {
    const current = [i + 1];
    for (const [j, right] of [...b].entries()) {
      const substitution = (previous[j] ?? 0) + (left === right ? 0 : 1);
      current.push(Math.min(substitution, (previous[j + 1] ?? 0) + 1, (current[j] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
