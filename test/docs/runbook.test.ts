import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Command } from '../../cli/command.ts';
import { catalogue } from '../../lib/alarms/catalogue.ts';
import { savedQueries } from '../../lib/alarms/queries.ts';
import { ofType, synthesized, textOf } from '../support/synthesized.ts';

// Loading the CDK and synthesizing takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

const folder = 'docs/runbook';
const ids = Object.keys(catalogue).sort();
const pages = readdirSync(folder).filter((name) => name !== 'README.md');
const text = (page: string) => readFileSync(join(folder, page), 'utf8');
const resources = synthesized('prod');

/** What stands after a command that wants to know of which marketplace, storage domain or queue. */
const owners = [
  'uzum',
  'yandex',
  'olx',
  'uzex',
  'ecommerce',
  'procurement',
  'ecommerce-snapshots',
  'yandex-jobs',
];

/** The command's own help. Rejects for a command that there is not. */
async function usageOf(name: string): Promise<string> {
  const exported = (await import(`../../cli/commands/${name}.ts`)) as Record<string, Command>;
  const command = Object.values(exported).find((value) => value.name === name);
  if (!command) throw new Error(`There is no narx ${name}.`);
  return command.usage;
}

describe('the runbook', () => {
  it('has one page per alarm of the catalogue, and no other', () => {
    expect(pages.map((page) => page.replace(/\.md$/, '')).sort()).toEqual(ids);
  });

  it('is what the synthesized alarms point to: every id is used, and no alarm is without a page', () => {
    const pointed = ofType(resources, 'AWS::CloudWatch::Alarm').map(
      ([, { AlarmDescription }]) =>
        /Runbook: docs\/runbook\/([a-z-]+)\.md/.exec(textOf(AlarmDescription))?.[1],
    );
    expect([...new Set(pointed)].sort()).toEqual(ids);
  });

  it('lists every page in its index', () => {
    const index = text('README.md');
    for (const id of ids) expect(index, id).toContain(`| [${id}](${id}.md) |`);
  });

  it.each(pages)(
    '%s has the title and the headings that every page has, each with something below it',
    (page) => {
      const sections = text(page).split(/^## /m);
      expect(sections[0]?.trim()).toBe(`# ${page.replace(/\.md$/, '')}`);
      expect(sections.slice(1).map((section) => section.split('\n')[0])).toEqual([
        'Meaning',
        'Who is hurt',
        'Look first',
        'Fix',
        'Confirm',
        'Prevent',
      ]);
      for (const section of sections.slice(1))
        expect(section.split('\n').slice(1).join('').trim().length, section).toBeGreaterThan(10);
    },
  );
});

describe('commands and links in the operators’ documents', () => {
  const documents = [
    ...readdirSync(folder).map((name) => join(folder, name)),
    'docs/deploy.md',
    'docs/configuration.md',
    'docs/failure-modes.md',
    'docs/disaster-recovery.md',
    'docs/archive.md',
    ...readdirSync('docs/decisions').map((name) => join('docs/decisions', name)),
  ];

  it.each(documents)('%s links to files and headings that exist', (document) => {
    const links = [...readFileSync(document, 'utf8').matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(
      ([, link = '']) => link,
    );
    for (const link of links) {
      const [file = '', heading] = link.split('#');
      const path = file === '' ? document : join(dirname(document), file);
      expect(existsSync(path), `${document} -> ${link}`).toBe(true);
      if (heading === undefined) continue;
      const headings = [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^a-z0-9 -]/g, '')
          .replaceAll(' ', '-'),
      );
      expect(headings, `${document} -> ${link}`).toContain(heading);
    }
  });

  it('name only resources that the template has', () => {
    const names = [...resources.values()]
      .flatMap(({ Properties }) => Object.values(Properties))
      .filter((value) => typeof value === 'string')
      .flatMap((value) => value.match(/narx-prod[a-z0-9-]*/g) ?? []);
    const known = new Set([...names, 'narx-prod-', 'narx-prod-quarantine-', 'narx-prod-spill-']);
    // A marketplace that prod has not switched on would have what one has that is.
    for (const document of documents)
      for (const [, rest = ''] of readFileSync(document, 'utf8').matchAll(/narx-\$STAGE([a-z0-9-]*)/g))
        expect(known, `${document}: narx-$STAGE${rest}`).toContain(
          `narx-prod${rest.replace(/-yandex$/, '-uzum')}`,
        );
  });

  it('ask of Logs Insights only what is saved in the console, for the function that the page names', () => {
    const asked = documents.flatMap((document) =>
      [...readFileSync(document, 'utf8').matchAll(/insights narx-\$STAGE-([a-z]+)\S* '([^']+)'/g)].map(
        ([, service = '', query = '']) => ({ document, service, query }),
      ),
    );
    expect(asked.length).toBeGreaterThan(10);
    for (const { document, service, query } of asked) {
      const saved = savedQueries.find((one) => one.query === query);
      expect(saved, `${document}: ${query}`).toBeDefined();
      if (saved?.services !== 'all') expect(saved?.services, document).toContain(service);
    }
  });

  it('have their queries saved over log groups that the template has', () => {
    const groups = ofType(resources, 'AWS::Logs::LogGroup').map(([, { LogGroupName }]) => LogGroupName);
    const definitions = ofType(resources, 'AWS::Logs::QueryDefinition');
    expect(definitions.map(([, { Name }]) => Name)).toEqual(
      savedQueries.map(({ name }) => `narx-prod/${name}`),
    );
    for (const [, { Name, LogGroupNames }] of definitions) {
      expect(LogGroupNames, textOf(Name)).not.toEqual([]);
      expect(groups, textOf(Name)).toEqual(expect.arrayContaining(LogGroupNames as unknown[]));
    }
  });

  it.each(documents)(
    '%s uses only those commands and options of narx that its help has',
    async (document) => {
      // In a block, a line; in text, what stands between backticks. A pipe or a comment ends it.
      const commands = readFileSync(document, 'utf8').matchAll(/npx narx ([^`|#\n>]+)/g);
      for (const [, text = ''] of commands) {
        const [name = '', ...words] = text.trim().split(/\s+/);
        const usage = await usageOf(name);
        const where = `${document}: npx narx ${text}`;
        const [first] = words;
        if (first !== undefined && /^[a-z]/.test(first) && !owners.includes(first))
          expect(usage, where).toMatch(new RegExp(`narx ${name} ([\\w|-]+\\|)?${first}\\b`));
        for (const option of words.filter((word) => word.startsWith('--')))
          expect(usage, where).toMatch(new RegExp(`${option}(?![a-z-])`));
      }
    },
  );

  it('switch no mapping by hand: narx pause and narx resume do, and say why', () => {
    for (const document of documents)
      expect(readFileSync(document, 'utf8'), document).not.toContain('update-event-source-mapping');
  });
});
