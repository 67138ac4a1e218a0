import { UsageError } from '../command.ts';

/** What a new marketplace is called, wherever it is named. */
export interface Names {
  readonly id: string;
  /** The id as a variable: `my-shop` becomes `myShop`. */
  readonly name: string;
  readonly title: string;
  readonly host: string;
  readonly kind: 'product' | 'ad' | 'lot';
}

/** Ids that could not be the name of a variable, or that mean something else beside the marketplaces. */
const reserved = new Set(
  (
    'shared index manifests marketplaces abstract any as async await break case catch class const continue debugger default ' +
    'delete do else enum export extends false finally for from function if implements import in instanceof interface let new ' +
    'null of package private protected public return static super switch this throw true try type typeof undefined var void ' +
    'while with yield eval arguments'
  ).split(' '),
);

/** Checks what was asked for against what there is. Throws UsageError with one sentence about the first thing that is wrong. */
export function checkNames(
  given: { id: string; title?: string | undefined; host?: string | undefined; kind?: string | undefined },
  existing: readonly string[],
): Names {
  const { id, kind = 'product' } = given;
  if (!/^[a-z][a-z0-9-]{1,19}$/.test(id) || /--|-$/.test(id))
    throw new UsageError(
      `"${id}" cannot be an id: 2 to 20 lower case letters, digits and single hyphens, beginning with a letter.`,
    );
  const name = variable(id);
  if (reserved.has(id))
    throw new UsageError(`"${id}" cannot be an id, because it is a reserved word; choose another.`);
  if (existing.some((other) => variable(other) === name))
    throw new UsageError(
      `there is a marketplace "${id}" already, or one that differs by a hyphen only; choose another id.`,
    );
  const title = given.title ?? id.charAt(0).toUpperCase() + id.slice(1);
  if (!/^[\p{L}\p{N}][\p{L}\p{N} .,&'+-]{0,39}$/u.test(title))
    throw new UsageError(`--title "${title}" is not a title: up to 40 letters, digits and spaces.`);
  const host = given.host ?? `www.${id}.example`;
  if (!/^(?=.{4,100}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/.test(host))
    throw new UsageError(
      `--host "${host}" is not a host name such as api.example.uz, without https:// and path.`,
    );
  if (kind !== 'product' && kind !== 'ad' && kind !== 'lot')
    throw new UsageError(`--kind ${kind} is not one of product, ad and lot.`);
  return { id, name, title, host, kind };
}

function variable(id: string): string {
  return id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
