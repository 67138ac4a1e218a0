/** What an intrinsic refers to. Both return undefined for what they do not know. */
export interface References {
  ref(logicalId: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
}

/** An intrinsic that nobody could resolve; `intrinsic` is its JSON. */
export class Unresolved extends Error {
  readonly intrinsic: string;
  constructor(intrinsic: unknown) {
    super(`cannot resolve ${JSON.stringify(intrinsic)}`);
    this.intrinsic = JSON.stringify(intrinsic);
  }
}

/** The value with every intrinsic replaced. Throws Unresolved at the first that cannot be. */
export function resolve(value: unknown, references: References): unknown {
  if (Array.isArray(value)) return value.map((element) => resolve(element, references));
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first && (first[0] === 'Ref' || first[0].startsWith('Fn::')))
    return resolveIntrinsic(first[0], first[1], value, references);
  return Object.fromEntries(entries.map(([name, element]) => [name, resolve(element, references)]));
}

function resolveIntrinsic(name: string, argument: unknown, whole: unknown, references: References): unknown {
  const known = (value: unknown): unknown => {
    if (value === undefined) throw new Unresolved(whole);
    return value;
  };
  const inner = name === 'Fn::GetAtt' || name === 'Ref' ? argument : resolve(argument, references);
  switch (name) {
    case 'Ref':
      return known(references.ref(String(argument)));
    case 'Fn::GetAtt': {
      const parts = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
      const [logicalId = '', ...attribute] = parts;
      return known(references.attribute(logicalId, attribute.join('.')));
    }
    case 'Fn::Join': {
      const [separator, parts] = pair(inner, whole);
      return list(parts, whole).map(String).join(String(separator));
    }
    case 'Fn::Split': {
      const [separator, text] = pair(inner, whole);
      return String(text).split(String(separator));
    }
    case 'Fn::Select': {
      const [index, parts] = pair(inner, whole);
      return known(list(parts, whole)[Number(index)]);
    }
    case 'Fn::Sub':
      return substitute(inner, whole, references);
    default:
      throw new Unresolved(whole);
  }
}

function substitute(argument: unknown, whole: unknown, references: References): string {
  const [text, variables] = Array.isArray(argument) ? pair(argument, whole) : [argument, {}];
  return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    const variable = isObject(variables) ? variables[name] : undefined;
    const [logicalId = '', ...attribute] = name.split('.');
    const value =
      variable ??
      (attribute.length > 0
        ? references.attribute(logicalId, attribute.join('.'))
        : references.ref(logicalId));
    if (value === undefined) throw new Unresolved(whole);
    return String(value);
  });
}

function pair(value: unknown, whole: unknown): [unknown, unknown] {
  if (!Array.isArray(value) || value.length !== 2) throw new Unresolved(whole);
  return [value[0], value[1]];
}

function list(value: unknown, whole: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Unresolved(whole);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
