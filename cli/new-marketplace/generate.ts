import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../command.ts';
import type { Names } from './names.ts';

const templates = fileURLToPath(new URL('templates', import.meta.url));
const registry = 'functions/marketplaces/index.ts';
const manifests = 'functions/marketplaces/manifests.ts';
const configuration = 'narx.config.ts';

/**
 * Writes the marketplace's folder and adds it to the registry, the manifests and the configuration, in which it belongs to
 * `domain`. Returns the paths of all files that were written, relative to `root`. Throws UsageError, with nothing changed, when a
 * file does not look as it must.
 */
export function generate(root: string, names: Names, domain: string): string[] {
  const { id, name } = names;
  const schema = names.kind === 'lot' ? 'procurement' : 'retail';
  const fields = {
    ...names,
    schema,
    domain,
    titleLiteral: JSON.stringify(names.title),
    key: name === id ? id : `'${id}'`,
  };
  // Everything is computed before anything is written.
  const files = new Map<string, string>();
  for (const template of readdirSync(templates, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(ts|md)\.txt$/.test(template)) continue;
    const path = join('functions/marketplaces', id, template.replace(/\.txt$/, ''));
    files.set(path, fill(read(templates, template), fields));
  }
  const entry = fill(read(templates, 'config.txt'), fields);
  const edits = new Map([
    [registry, withRegistration(read(root, registry), fields)],
    [manifests, withManifest(read(root, manifests), fields)],
    [configuration, withConfiguration(read(root, configuration), entry)],
  ]);
  const folder = join(root, 'functions/marketplaces', id);
  mkdirSync(dirname(folder), { recursive: true });
  try {
    mkdirSync(folder);
  } catch (cause) {
    throw new UsageError(`${relative(root, folder)} exists already; choose another id or remove it.`, {
      cause,
    });
  }
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  for (const [path, text] of edits) writeFileSync(join(root, path), text);
  return [...files.keys(), ...edits.keys()];
}

function withRegistration(text: string, { id, name, key }: Record<'id' | 'name' | 'key', string>): string {
  const property = key === name ? name : `${key}: ${name}`;
  const imported = after(
    registry,
    text,
    /^import (?:type )?.*;\n/m,
    `import { ${name} } from './${id}/index.ts';\n`,
  );
  return insertLast(
    registry,
    imported,
    /(marketplaces: Readonly<Record<MarketplaceId, Marketplace>> = \{)([^}]*)\}/,
    property,
  );
}

function withManifest(text: string, { id, name }: Record<'id' | 'name', string>): string {
  const line = `import { ${name}Manifest } from './${id}/manifest.ts';\n`;
  const imported = after(manifests, text, /^import (?:type )?.*;\n/m, line);
  return insertLast(manifests, imported, /(manifests = \[)([^\]]*)\]/, `${name}Manifest`);
}

function withConfiguration(text: string, entry: string): string {
  // Above the configuration itself stands what several of its stages share.
  const own = text.indexOf('export const config');
  const start = text.indexOf('\n  marketplaces: {\n', Math.max(0, own));
  const end = own >= 0 && start >= 0 ? text.indexOf('\n  },\n', start) : -1;
  if (end < 0) throw unlike(configuration);
  return `${text.slice(0, end + 1)}${entry}${text.slice(end + 1)}`;
}

/** Adds an element behind the last of a list that the pattern's second group is the inside of. */
function insertLast(file: string, text: string, list: RegExp, element: string): string {
  const found = list.exec(text);
  if (!found) throw unlike(file);
  const [whole, opening = '', inside = ''] = found;
  const elements = inside
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const closing = whole.at(-1) ?? '';
  return text.replace(whole, () => `${opening}\n  ${[...elements, element].join(',\n  ')},\n${closing}`);
}

function after(file: string, text: string, line: RegExp, added: string): string {
  const found = line.exec(text);
  if (!found) throw unlike(file);
  const at = found.index + found[0].length;
  return text.slice(0, at) + added + text.slice(at);
}

function unlike(file: string): UsageError {
  return new UsageError(
    `${file} does not look as expected; nothing was changed. Add the marketplace by hand.`,
  );
}

function fill(template: string, fields: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (placeholder, field: string) => fields[field] ?? placeholder);
}

function read(folder: string, path: string): string {
  return readFileSync(join(folder, path), 'utf8');
}
