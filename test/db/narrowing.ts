/** What takes something away from code that knows the schema as it was, by its words. */
const narrowing: [what: RegExp, why: string][] = [
  // Without a trigger or an index everything still works; what needs an index to decide conflicts is planned by the other test.
  [/^drop\s+(?!trigger\b|index\b)/, 'removes something'],
  [/^alter\s+.*\brename\b/, 'renames something'],
  [/^alter\s+table\b.*\bdrop\s+(?!not\s+null\b|default\b|constraint\b|expression\b)/, 'removes a column'],
  [/^alter\s+table\b.*\bset\s+not\s+null\b/, 'refuses rows that were fine'],
  [
    /^alter\s+table\b.*\balter\s+(?:column\s+)?\S+\s+(?:set\s+data\s+)?type\b/,
    'changes the type of a column',
  ],
  [
    /^alter\s+table\b.*\badd\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?(?!constraint\b|check\b|unique\b|primary\b|foreign\b)(?!.*\bdefault\b).*\bnot\s+null\b/,
    'adds a column that old code leaves empty',
  ],
  [
    /^alter\s+table\b.*\badd\s+(?:constraint|check|unique|primary|foreign|exclude)\b/,
    'refuses rows that were fine',
  ],
  [/^create\s+unique\s+index\b/, 'refuses rows that were fine'],
  [/^revoke\b/, 'takes a right away'],
  [/^truncate\b|^delete\b/, 'removes rows'],
];

/**
 * Statements of a migration that old code may not survive, each with the reason. What concerns a table, a function or a role that the
 * migration makes itself is not meant: nobody knows it yet.
 */
export function narrowed(statements: string): string[] {
  const made = new Set<string>();
  const found: string[] = [];
  for (const statement of split(statements)) {
    const name =
      /^create\s+(?:or\s+replace\s+)?(?:unlogged\s+)?(?:table|function|view|role)\s+(?:if\s+not\s+exists\s+)?(\w+)/.exec(
        statement,
      )?.[1];
    if (name !== undefined) made.add(name);
    const about =
      /^(?:alter|drop)\s+\w+\s+(?:if\s+exists\s+)?(?:only\s+)?(\w+)/.exec(statement)?.[1] ??
      /\bon\s+(?:function\s+|table\s+)?(\w+)/.exec(statement)?.[1];
    if (about !== undefined && made.has(about)) continue;
    const [, why] = narrowing.find(([what]) => what.test(statement)) ?? [];
    if (why !== undefined) found.push(`${why}: ${statement.slice(0, 80)}`);
  }
  return found;
}

/** Single statements in lower case and one line each, without comments. A body in dollar quotes is one word: it is not run here. */
function split(statements: string): string[] {
  return statements
    .replaceAll(/\$(\w*)\$[\s\S]*?\$\1\$/g, '$body$')
    .replaceAll(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim().replaceAll(/\s+/g, ' ').toLowerCase())
    .filter((statement) => statement !== '');
}
