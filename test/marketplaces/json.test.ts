import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeBody } from '../../functions/marketplaces/shared/body.ts';
import { page, windows1251 } from '../../functions/marketplaces/shared/fixture-cases.ts';
import { escapeControlCharacters, readJson } from '../../functions/marketplaces/shared/json.ts';

const url = 'https://api.uzum.uz/api/v2/product/1';
const read = (body: unknown, contentType?: string) =>
  readJson(page(url, body, { headers: contentType === undefined ? {} : { 'content-type': contentType } }));

describe('reading JSON', () => {
  it('tolerates raw control characters inside strings and changes nothing else', () => {
    expect(read('{"a":"x\u0001y\n\\"z\\\\","b":\n1}')).toEqual({ value: { a: 'x\u0001y\n"z\\', b: 1 } });
  });

  it('escapes any document with raw control characters to what the document means', () => {
    fc.assert(
      // What JSON can say: a negative zero, for one, comes back as zero.
      fc.property(
        fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
        (value) => {
          const raw = JSON.stringify(value).replaceAll('\\n', '\n').replaceAll('\\u0001', '\u0001');
          expect(JSON.parse(escapeControlCharacters(JSON.stringify(value)))).toEqual(value);
          // A backslash before an n that is its own character makes the raw form another document.
          if (!JSON.stringify(value).includes('\\\\')) {
            expect(JSON.parse(escapeControlCharacters(raw))).toEqual(value);
          }
        },
      ),
    );
  });

  it('skips a byte order mark and white space', () => {
    expect(read('\uFEFF \n{"a":1}')).toEqual({ value: { a: 1 } });
  });

  it('reads the charset that the answer states', () => {
    const body = windows1251('{"title":"Чайник"}');
    expect(read(body, 'application/json; charset=windows-1251')).toEqual({ value: { title: 'Чайник' } });
    expect(read(body)).toMatchObject({ fault: expect.stringContaining('not valid UTF-8') });
    expect(read(body, 'application/json; charset=klingon')).toMatchObject({
      fault: expect.stringContaining('klingon'),
    });
  });

  it('says in bytes where a cut document ends', () => {
    const whole = Buffer.from('{"title":"Чайник","price":[12,{"a":true}]}');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: whole.length - 1 }), (length) => {
        const document = read(whole.subarray(0, length));
        const inLetter = (whole[length] ?? 0) >= 0x80 && (whole[length] ?? 0) < 0xc0;
        expect(document).toMatchObject({
          fault: expect.stringContaining(inLetter ? 'UTF-8' : `cut at byte ${length} of ${length}`),
        });
      }),
    );
  });

  it('says in bytes where a document is wrong', () => {
    expect(read('{"й":1,}')).toEqual({ fault: 'saw JSON with a syntax error at byte 8 of 9' });
  });

  it('names what it saw instead', () => {
    expect(read('')).toEqual({ fault: 'expected JSON, saw an empty file' });
    expect(read('   ')).toMatchObject({ fault: expect.stringContaining('white space') });
    expect(read('<html>')).toMatchObject({ fault: expect.stringContaining('an HTML page') });
    expect(read('hello')).toMatchObject({ fault: expect.stringContaining('text that is not JSON') });
  });
});

describe('naming a body', () => {
  it.each([
    ['a PNG image', [0x89, 0x50, 0x4e, 0x47]],
    ['a JPEG image', [0xff, 0xd8, 0xff, 0xe0]],
    ['gzip data', [0x1f, 0x8b, 8]],
    ['UTF-16 text', [0xff, 0xfe, 0x7b, 0]],
    ['binary data', [1, 0, 2]],
    ['JSON', [0x7b, 0x7d]],
  ])('knows %s', (name, bytes) => {
    const described = describeBody(Uint8Array.from(bytes));
    expect(described).toContain(name);
    expect(described).toContain(`(${bytes.length} bytes)`);
  });
});
