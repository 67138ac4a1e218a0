import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { PageKey } from '../ports/price-reader.ts';
import { ApiProblem } from './problems.ts';

const cursorSchema = z.tuple([
  z.literal(1),
  z.string(),
  z.array(
    z.union([
      z
        .string()
        .max(200)
        .regex(/^\P{Cc}*$/u),
      z.number(),
    ]),
  ),
]);

/**
 * Opaque to clients: the key of the last row of a page, and the query that it belongs to, because a key of another order would be
 * taken without a sound.
 */
export function encodeCursor(query: unknown, key: PageKey): string {
  return Buffer.from(JSON.stringify([1, digest(query), key])).toString('base64url');
}

/** Null without a cursor. Throws a 400 for anything that is not a cursor of this query with a key of this form. */
export function decodeCursor<Key extends PageKey>(
  text: string | undefined,
  query: unknown,
  form: z.ZodType<Key>,
): Key | null {
  if (text === undefined) return null;
  const fail = (message: string) =>
    new ApiProblem(400, `cursor ${message}`, [{ parameter: 'cursor', message }]);
  let parsed: z.infer<typeof cursorSchema>;
  try {
    parsed = cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw fail('is not one that an earlier response gave');
  }
  const [, of, values] = parsed;
  if (of !== digest(query)) throw fail('belongs to another query: start again without it');
  const key = form.safeParse(values);
  if (!key.success) throw fail('is not one that an earlier response gave');
  return key.data;
}

function digest(query: unknown): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 12);
}
