// Looks for credentials in every file of the project, those included that are not committed yet (F51). Prints where, never what.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { lintSource } from '@secretlint/core';
import { creator, rules } from '@secretlint/secretlint-rule-preset-recommend';

/** What is no part of the project (.gitignore). */
const notOurs = new Set(['node_modules', '.git', '.narx', 'cdk.out', 'coverage']);
/**
 * A text of eight characters or more that is given to something called like a secret. Not where it is only the secret's name, and
 * not for a text in angle brackets, which stands for what the reader has.
 */
const given =
  /\b\w*(?:password|passwd|secret|api_?key|token|credential)(?!\w*name)\w*['"]?\s*[:=]\s*(?:\(\)\s*=>\s*)?['"][^'"\s<$]{8,}['"]/gi;

const config = { rules: [{ id: 'recommended', rule: creator, options: {} }] };

async function secretsIn(root: string, path: string): Promise<string[]> {
  const content = readFileSync(path, 'utf8');
  const { messages } = await lintSource({
    source: { filePath: path, content, ext: extname(path), contentType: 'text' },
    options: { noPhysicFilePath: true, config },
  });
  const place = relative(root, path);
  return [
    ...messages.map(({ loc, ruleId }) => `${place}:${loc.start.line}: ${ruleId}`),
    ...[...content.matchAll(given)].map(
      ({ index }) => `${place}:${content.slice(0, index).split('\n').length}: a secret in the source`,
    ),
  ];
}

function* filesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (notOurs.has(entry.name) || entry.name.endsWith('.log')) continue;
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile()) yield path;
  }
}

const root = process.cwd();
const files = [...filesIn(root)];
const found: string[] = [];
for (const file of files) found.push(...(await secretsIn(root, file)));
for (const one of found)
  console.error(`secrets: ${one}; take it out, and have it replaced: whoever has the repository has it.`);
console.log(`secrets: ${files.length} files, ${rules.length + 1} rules, ${found.length} found`);
process.exit(found.length === 0 && files.length > 20 ? 0 : 1);
