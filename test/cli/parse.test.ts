import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../cli/command.ts';
import { parse } from '../../cli/commands/parse.ts';
import kazanexpress from '../../functions/marketplaces/uzum/fixtures/product-kazanexpress.json' with {
  type: 'json',
};

const scratch = mkdtempSync(join(tmpdir(), 'narx-parse-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../functions/marketplaces/${name}`, import.meta.url));

/** Runs the command over a file with this body and returns its exit code and what it printed. */
async function run(words: string[], body?: string | Uint8Array) {
  const file = join(scratch, 'body');
  if (body !== undefined) writeFileSync(file, body);
  const log = vi.spyOn(console, 'log').mockReturnValue();
  const error = vi.spyOn(console, 'error').mockReturnValue();
  const exit = await parse.run(words.map((word) => (word === 'FILE' ? file : word)));
  const printed = { exit, out: log.mock.calls.join('\n'), err: error.mock.calls.join('\n') };
  vi.restoreAllMocks();
  return printed;
}

describe('narx parse --json', () => {
  it('prints a product as one document', async () => {
    const { exit, out } = await run(['uzum', fixture('uzum/fixtures/product.json'), '--json']);
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toEqual({
      outcome: 'ok',
      snapshots: [
        {
          marketplace: 'uzum',
          kind: 'product',
          externalId: '700001',
          title: 'Elektr choynak Namuna 1,5 l',
          currency: 'UZS',
          seller: { externalId: '321', title: 'Misol savdo' },
          category: {
            externalId: '501',
            title: 'Choynaklar',
            path: ['Maishiy texnika', 'Oshxona texnikasi', 'Choynaklar'],
          },
          offers: [
            { externalId: '9000001', title: 'Oq, 1,5 l', price: '159000', oldPrice: '200000', available: 0 },
            { externalId: '9000002', title: 'Qora, 1,5 l', price: '210000', oldPrice: null, available: 25 },
          ],
        },
      ],
      references: [],
    });
  });

  it('prints the status of an ad, and its conversion beside the price', async () => {
    const { out } = await run(['olx', fixture('olx/fixtures/list.json'), '--json']);
    const document = JSON.parse(out);
    expect(document.snapshots[0]).toMatchObject({
      kind: 'ad',
      status: 'active',
      currency: 'UYE',
      seller: null,
      offers: [{ price: '120', oldPrice: '150', available: null }],
      extra: { converted: { price: '1500000', currency: 'UZS' }, createdAt: '2031-01-02T05:00:00.000Z' },
    });
    expect(document.references[0]).toEqual({ kind: 'ad', externalId: '70000001' });
  });

  it('prints a lot with its totals, and with the quantities of its items', async () => {
    const items = fixture('uzex/fixtures/auction-items.json');
    const { out } = await run(['uzex', items, '--json', '--id', '400123']);
    expect(JSON.parse(out).snapshots).toMatchObject([
      {
        kind: 'lot',
        externalId: '400123',
        currency: 'UZS',
        totals: { start: null, final: null },
        offers: [
          {
            externalId: '1',
            title: 'Karton',
            price: '328000',
            quantity: '2.5',
            oldPrice: null,
            available: null,
          },
          { externalId: '2', price: '410000.05', quantity: '8' },
        ],
      },
    ]);
    const deals = JSON.parse(
      (await run(['uzex', fixture('uzex/fixtures/auction-deals.json'), '--json'])).out,
    );
    expect(deals.snapshots[1]).toMatchObject({
      externalId: '400123',
      status: null,
      seller: null,
      totals: { start: '5000000', final: '4100000.5' },
      offers: [],
      extra: { supplier: { inn: null, name: 'YTT NAMUNAYEV N' }, dealDate: '2031-01-08T07:00:05.000Z' },
    });
    expect(deals.references).toContainEqual({ kind: 'lot', externalId: '400123' });
  });

  it('prints a refusal as a document too, and nothing else', async () => {
    const { exit, out, err } = await run(['uzum', 'FILE', '--json'], '{}');
    expect(exit).toBe(3);
    expect(JSON.parse(out)).toEqual({
      outcome: 'format-changed',
      detail: expect.stringContaining('empty JSON'),
    });
    expect(err).toBe('');
  });
});

describe('narx parse', () => {
  it('prints a table for people', async () => {
    const { exit, out } = await run(['uzum', fixture('uzum/fixtures/product.json')]);
    expect(exit).toBe(0);
    expect(out).toContain('product 700001: Elektr choynak Namuna 1,5 l');
    expect(out).toMatch(/9000001 +159000 UZS +200000 +0 +Oq, 1,5 l/);
  });

  it('prints items with titles of several lines as one line each', async () => {
    const body = '[{"order_num":1,"description":"8\\nAkkumulyator\\n220 Ah","price":5.0,"quantity":2.0}]';
    const { out } = await run(['uzex', 'FILE', '--id', '7'], body);
    expect(out).toMatch(/^ {2}1 +5 UZS +- +unknown +2 +8 Akkumulyator 220 Ah$/m);
  });

  it('asks for the lot that items belong to', async () => {
    const { exit, err } = await run(['uzex', fixture('uzex/fixtures/auction-items.json')]);
    expect([exit, err]).toEqual([3, expect.stringContaining('State it with --id (exit 3)')]);
  });

  it('prints the references of a listing by kind', async () => {
    const { out } = await run(['uzum', fixture('uzum/fixtures/search.json')]);
    expect(out).toContain('2 product: 700001, 700002');
  });

  it.each<[string, number, string | Uint8Array, string[], RegExp]>([
    ['an empty file', 2, '', [], /blocked: .*an empty file.*\(exit 2\)/],
    ['a PNG', 3, Uint8Array.of(0x89, 0x50, 0x4e, 0x47), [], /format-changed: .*a PNG image.*\(exit 3\)/],
    ['an empty object', 3, '{}', [], /an empty JSON object \(exit 3\)/],
    ['a cut response', 3, '{"payload":{"data":{"ti', [], /cut at byte 23 of 23.*\(exit 3\)/],
    ['a CAPTCHA', 2, '<title>Ой!</title><form action="/checkcaptcha">', [], /CAPTCHA.*\(exit 2\)/],
    ['a missing product', 4, '{"payload":null,"timestamp":""}', [], /gone: .*\(exit 4\)/],
    ['an empty listing', 5, '[]', [], /empty: .*\(exit 5\)/],
    ['too many requests', 6, '{}', ['--status', '429'], /throttled: .*\(exit 6\)/],
    ['a failing server', 7, '{}', ['--status', '502'], /server-error: .*\(exit 7\)/],
  ])('says in one line that it saw %s, with exit code %i', async (_, code, body, words, line) => {
    const { exit, out, err } = await run(['uzum', 'FILE', ...words], body);
    expect(exit).toBe(code);
    expect(out).toBe('');
    expect(err).toMatch(line);
    expect(err).not.toContain('\n');
  });

  it('rejects a body that holds another thing than --id asks for', async () => {
    const { exit, err } = await run(['uzum', fixture('uzum/fixtures/product.json'), '--id', '5']);
    expect(exit).toBe(3);
    expect(err).toContain('rejected: asked for product 5, got product 700001');
  });

  it('never takes roubles for sums: asks for the currency when nothing tells, and takes it from --currency', async () => {
    const data = { ...kazanexpress.payload.data, photos: [] };
    const body = JSON.stringify({ ...kazanexpress, payload: { data } });
    expect(await run(['uzum', 'FILE'], body)).toMatchObject({
      exit: 3,
      err: expect.stringContaining('State it with --currency'),
    });
    for (const words of [
      ['--currency', 'RUB'],
      ['--url', 'https://api.kazanexpress.ru/api/v2/product/300001'],
    ]) {
      const { exit, out } = await run(['uzum', 'FILE', '--json', ...words], body);
      expect(exit).toBe(0);
      expect(JSON.parse(out).snapshots[0].currency).toBe('RUB');
    }
  });

  it.each([
    [[], 'which marketplace? There are uzum, olx'],
    [['ebay', 'x'], 'no marketplace "ebay"; there are uzum, olx'],
    [['__proto__', 'x'], 'no marketplace "__proto__"'],
    [['uzum'], 'which file?'],
    [['uzum', '/nowhere/at/all'], 'there is no such file'],
    [['uzum', tmpdir()], 'it is a directory'],
    [['uzum', 'a', 'b'], 'one file at a time; what is "b"?'],
    [['uzum', 'a', '--kind', 'auction'], 'no kind "auction"; there are product, ad, lot, listing'],
    [['uzum', 'a', '--kind', 'lot', '--id', '1'], 'Uzum has no lot "1"'],
    [['uzum', 'a', '--currency', 'sum'], '--currency sum is not a currency code'],
    [['uzum', 'a', '--status', '42'], '--status 42 is not an HTTP status'],
    [['uzum', 'a', '--url', 'file:///etc/passwd'], 'is not an http or https address'],
    [['uzum', 'a', '--colour'], "Unknown option '--colour'"],
  ])('refuses the call %j', async (words, message) => {
    await expect(parse.run(words)).rejects.toThrow(UsageError);
    await expect(parse.run(words)).rejects.toThrow(message);
  });

  it('documents every option and exit code', () => {
    for (const word of ['--json', '--id', '--kind', '--url', '--currency', '--status'])
      expect(parse.usage).toContain(word);
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7])
      expect(parse.usage).toMatch(new RegExp(`^ {2}${code} {2}`, 'm'));
  });
});
