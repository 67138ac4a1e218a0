import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkNames } from '../../cli/new-marketplace/names.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const modules = realpathSync(join(project, 'node_modules'));
const copy = mkdtempSync(join(tmpdir(), 'narx-new-marketplace-'));
afterAll(() => rmSync(copy, { recursive: true }));

/** Runs a program of the copy as a developer would. */
function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: copy, encoding: 'utf8' });
  return { status, out: stdout, err: stderr, all: stdout + stderr };
}
const narx = (...words: string[]) => run('cli/narx.mjs', 'new-marketplace', ...words);
const written = (path: string) => readFileSync(join(copy, path), 'utf8');

describe('a generated marketplace', { timeout: 240_000 }, () => {
  beforeAll(() => {
    const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: project,
      encoding: 'utf8',
    });
    for (const file of files.split('\0').filter((path) => path !== '' && existsSync(join(project, path)))) {
      if (file === 'node_modules') continue;
      mkdirSync(join(copy, dirname(file)), { recursive: true });
      cpSync(join(project, file), join(copy, file));
    }
    symlinkSync(modules, join(copy, 'node_modules'));
    const { status, all } = narx('my-shop', '--title', "Ali's Shop", '--host', 'api.my-shop.example');
    expect(all).toContain('functions/marketplaces/my-shop/fixtures/cases.ts');
    expect(status).toBe(0);
  });

  it('is registered, listed and configured, and not enabled', () => {
    expect(written('functions/marketplaces/index.ts')).toMatch(/'my-shop': myShop/);
    expect(written('functions/marketplaces/manifests.ts')).toMatch(/yandexManifest,\s+myShopManifest,/);
    expect(written('narx.config.ts')).toMatch(/'my-shop': \{\n {6}enabled: false,\n {6}domain: 'ecommerce'/);
    expect(written('functions/marketplaces/my-shop/manifest.ts')).toContain('title: "Ali\'s Shop"');
  });

  it('compiles, is formatted and keeps the import rules at once', () => {
    const types = run(join(modules, 'typescript-7/bin/tsc'), '-p', '.');
    expect(types.all.split('\n').filter((line) => /my-shop|marketplaces\/|narx\.config/.test(line))).toEqual(
      [],
    );
    expect(
      run(
        join(modules, '@biomejs/biome/bin/biome'),
        'check',
        '--error-on-warnings',
        'functions',
        'narx.config.ts',
      ).all,
    ).toMatch(/No fixes applied/);
    expect(run('test/support/import-rules.mjs').out).toMatch(/ 0 violations/);
  });

  it('has a configuration that is accepted, once it is enabled too', () => {
    const config = written('narx.config.ts').replace(/('my-shop': \{\n {6}enabled: )false/, '$1true');
    writeFileSync(join(copy, 'enabled.config.ts'), config);
    writeFileSync(
      join(copy, 'load.ts'),
      `import { loadConfig } from './lib/config/load.ts';
       import { manifests } from './functions/marketplaces/manifests.ts';
       import { config } from './enabled.config.ts';
       console.log(loadConfig(config, 'dev', manifests).marketplaces['my-shop'].connectionBudget);`,
    );
    expect(run('load.ts').all).toBe('2\n');
  });

  it('fails the contract test with sentences that say which fixtures to write, and refuses every page', () => {
    const { status, all } = run(
      join(modules, 'vitest/vitest.mjs'),
      'run',
      'test/marketplaces/contract.test.ts',
      '-t',
      'my-shop',
    );
    expect(status).toBe(1);
    const missing = all.matchAll(/Write a response of the case "(\w+)" into (\S+);/g);
    const cases = new Map([...missing].map(([, name, file]) => [name, file]));
    expect([...cases.keys()].sort()).toEqual(
      [
        'absurdValues',
        'discounted',
        'emptyPage',
        'fiveMegabytes',
        'gone',
        'missingOptionalFields',
        'normal',
        'oldShape',
        'soldOut',
        'truncatedBody',
        'unknownShape',
        'wrongCharset',
      ].sort(),
    );
    expect(new Set(cases.values())).toEqual(new Set(['functions/marketplaces/my-shop/fixtures/cases.ts']));
    writeFileSync(join(copy, 'page.json'), '{"id":1,"price":5}');
    const parsed = run('cli/narx.mjs', 'parse', 'my-shop', 'page.json');
    expect(parsed).toMatchObject({ status: 3 });
    expect(parsed.err).toMatch(/none of the 0 shapes/);
  });

  it('is not generated twice, nor over a folder that exists', () => {
    const before = written('narx.config.ts');
    expect(narx('my-shop')).toMatchObject({ status: 1 });
    mkdirSync(join(copy, 'functions/marketplaces/begun'));
    expect(narx('begun').err).toBe(
      'narx new-marketplace: functions/marketplaces/begun exists already; choose another id or remove it.\n',
    );
    expect(written('narx.config.ts')).toBe(before);
  });
});

describe('names', () => {
  it.each([
    [{ id: 'Shop' }, /lower case/],
    [{ id: 'a' }, /2 to 20/],
    [{ id: '../x' }, /cannot be an id/],
    [{ id: 'a--b' }, /single hyphens/],
    [{ id: 'class' }, /reserved word/],
    [{ id: 'shared' }, /reserved word/],
    [{ id: 'uzum' }, /already/],
    [{ id: 'my-shop' }, /differs by a hyphen/],
    [{ id: 'ok', host: 'https://x.uz' }, /without https/],
    [{ id: 'ok', title: '*/ x' }, /not a title/],
    [{ id: 'ok', kind: 'listing' }, /product, ad and lot/],
  ])('%j are refused with one sentence', (given, reason) => {
    expect(() => checkNames(given, ['uzum', 'myShop'])).toThrow(reason);
  });

  it('are derived where they are not given', () => {
    expect(checkNames({ id: 'my-shop2' }, [])).toEqual({
      id: 'my-shop2',
      name: 'myShop2',
      title: 'My-shop2',
      host: 'www.my-shop2.example',
      kind: 'product',
    });
  });
});
