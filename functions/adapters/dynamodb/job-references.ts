import { type Reference, referenceKinds } from '../../core/model/reference.ts';

/**
 * A job's references as one line that can be read: `product:1001+100` are a hundred consecutive ids, `ad:17,23 listing:cars`
 * three references of two kinds. The order is kept, because outcomes are entered by place.
 */
export function encodeReferences(references: readonly Reference[]): string {
  const groups: string[] = [];
  for (let i = 0; i < references.length; ) {
    const kind = references[i]?.kind ?? '';
    let end = i;
    while (references[end]?.kind === kind) end += 1;
    const ids = references.slice(i, end).map(({ externalId }) => externalId);
    groups.push(`${kind}:${runs(ids).join(',')}`);
    i = end;
  }
  return groups.join(' ');
}

/** Throws for a line that `encodeReferences` cannot have written: a damaged one is never taken for a shorter one. */
export function decodeReferences(line: string): Reference[] {
  return line.split(' ').flatMap((group) => {
    const [, name = '', entries = ''] = /^([a-z]+):(.+)$/s.exec(group) ?? [];
    const kind = referenceKinds.find((known) => known === name);
    if (kind === undefined) throw new Error(`"${group.slice(0, 40)}" is no group of references.`);
    return entries.split(',').flatMap((entry): Reference[] => {
      const [, first, count] = /^(\d+)\+(\d+)$/.exec(entry) ?? [];
      if (first === undefined) return [{ kind, externalId: unescaped(entry) }];
      const length = Number(count);
      return Array.from({ length }, (_, i) => ({ kind, externalId: String(Number(first) + i) }));
    });
  });
}

/** Consecutive ids become `first+count`; two in a row are as short as they are. */
function runs(ids: readonly string[]): string[] {
  const entries: string[] = [];
  for (let i = 0; i < ids.length; ) {
    const first = ids[i] ?? '';
    let length = 1;
    if (isPlainNumber(first)) while (ids[i + length] === String(Number(first) + length)) length += 1;
    if (length < 3) length = 1;
    entries.push(length === 1 ? escaped(first) : `${first}+${length}`);
    i += length;
  }
  return entries;
}

/** Counting on from it gives the same text as JavaScript writes. */
function isPlainNumber(id: string): boolean {
  return /^(0|[1-9]\d{0,14})$/.test(id);
}

function escaped(id: string): string {
  return id.replaceAll(/[%,: +]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}

function unescaped(entry: string): string {
  if (entry === '' || /%(?!25|2c|3a|20|2b)|[: +]/.test(entry)) throw new Error(`"${entry}" is no reference.`);
  return entry.replaceAll(/%(..)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
