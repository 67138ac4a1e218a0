import type { LookupAddress, lookup } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { isPublic, NotPublic, publicLookup } from '../../../functions/adapters/http/addresses.ts';

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '::1',
  '::',
  'fd00:ec2::254',
  'fe80::1',
  '192.0.2.1',
  '198.51.100.7',
  '203.0.113.9',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '::10.0.0.1',
  '64:ff9b::10.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::1',
  '2002:a00:1::1',
  '2002:7f00:1::',
  '2001:0:53aa:64c::1',
  '2001:db8::1',
  'fec0::1',
  'ff02::1',
])('%s is not public', (address) => expect(isPublic(address)).toBe(false));

test.each([
  '8.8.8.8',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
])('%s is public', (address) => expect(isPublic(address)).toBe(true));

describe('name resolution', () => {
  function answering(addresses: LookupAddress[]) {
    const resolve = ((_name: string, _options: object, done: (e: null, found: LookupAddress[]) => void) =>
      done(null, addresses)) as unknown as typeof lookup;
    return publicLookup(resolve);
  }
  const good = { address: '8.8.8.8', family: 4 };
  const bad = { address: '10.0.0.1', family: 4 };

  test('leaves private addresses out', () => {
    answering([bad, good])('a.example', { all: true }, (error, found) => {
      expect(error).toBeNull();
      expect(found).toEqual([good]);
    });
    expect.assertions(2);
  });

  test('gives one address to callers that want one', () => {
    answering([bad, good])('a.example', {}, (_, address, family) => {
      expect([address, family]).toEqual(['8.8.8.8', 4]);
    });
    expect.assertions(1);
  });

  test('fails when nothing public is left', () => {
    answering([bad])('a.example', { all: true }, (error) => expect(error).toBeInstanceOf(NotPublic));
    expect.assertions(1);
  });
});
