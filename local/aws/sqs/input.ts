import { invalidValue, malformedInput, missingParameter } from './errors.ts';

/** A parsed JSON object of a request. */
export type Input = Readonly<Record<string, unknown>>;

export function isInput(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws MalformedInput when there is a value of another type. */
export function optionalString(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw malformedInput(`${name} must be a string.`);
  return value;
}

/** Throws MissingParameter for an absent or empty string. */
export function requiredString(input: Input, name: string): string {
  const value = optionalString(input, name);
  if (value === undefined || value === '') throw missingParameter(name);
  return value;
}

/** Throws InvalidParameterValue outside `min`..`max`. */
export function optionalInteger(input: Input, name: string, min: number, max: number): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw malformedInput(`${name} must be an integer.`);
  if (value < min || value > max) {
    throw invalidValue(value, name, `Must be between ${min} and ${max}, if provided.`);
  }
  return value;
}

export function optionalStrings(input: Input, name: string): string[] {
  const value = input[name];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw malformedInput(`${name} must be a list of strings.`);
  }
  return value;
}

/** An absent list is an empty one. */
export function optionalInputs(input: Input, name: string): Input[] {
  const value = input[name];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every(isInput))
    throw malformedInput(`${name} must be a list of structures.`);
  return value;
}

/** An absent map is an empty one. */
export function optionalStringMap(input: Input, name: string): Record<string, string> {
  const value = optionalMap(input, name);
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string') throw malformedInput(`${name}.${key} must be a string.`);
  }
  return value as Record<string, string>;
}

export function optionalMap(input: Input, name: string): Input {
  const value = input[name];
  if (value === undefined || value === null) return {};
  if (!isInput(value)) throw malformedInput(`${name} must be a map.`);
  return value;
}
