import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAllowed, matchesAddress, parseRobots } from '../../../functions/core/robots/rules.ts';

const may = (robots: string, path: string) =>
  isAllowed(parseRobots(robots, 'narx'), new URL(`https://market.example${path}`));

describe('the group that counts', () => {
  test('is the one that names us, in any case and with any version', () => {
    const robots = 'User-agent: *\nDisallow: /\n\nuser-AGENT: Narx/2.0\nDisallow: /private\n';
    expect(may(robots, '/product/1')).toBe(true);
    expect(may(robots, '/private/1')).toBe(false);
  });

  test('is the one for everybody when none names us', () => {
    const robots = 'User-agent: otherbot\nDisallow: /\n\nUser-agent: *\nDisallow: /private\n';
    expect(may(robots, '/product/1')).toBe(true);
    expect(may(robots, '/private/1')).toBe(false);
  });

  test('is every one that names us, together', () => {
    const robots = 'User-agent: narx\nDisallow: /a\n\nUser-agent: other\nUser-agent: narx\nDisallow: /b\n';
    expect([may(robots, '/a'), may(robots, '/b'), may(robots, '/c')]).toEqual([false, false, true]);
  });

  test('has rules although other lines stand between, and none of a name that only begins like ours', () => {
    const robots = 'User-agent: *\nCrawl-delay: 3\nSitemap: https://market.example/s.xml\nDisallow: /x\n';
    expect(may(robots, '/x')).toBe(false);
    expect(may('User-agent: narxbot\nDisallow: /\n', '/x')).toBe(true);
  });

  test.each([
    ['an empty file', ''],
    ['no rules', 'User-agent: *\n'],
    ['an empty Disallow', 'User-agent: *\nDisallow:\n'],
    ['rules before any group', 'Disallow: /\nUser-agent: *\nDisallow: /private\n'],
    ['a page that is no such file', '<!doctype html><title>Shop</title>'],
  ])('with %s allows everything', (_, robots) => {
    expect(may(robots, '/product/1')).toBe(true);
  });

  test('is read whatever ends its lines, and after a byte order mark', () => {
    expect(may('\uFEFFUser-agent: *\rDisallow: /a\r\nDisallow: /b # for now', '/a')).toBe(false);
    expect(may('\uFEFFUser-agent: *\rDisallow: /a\r\nDisallow: /b # for now', '/b')).toBe(false);
  });
});

describe('of several rules', () => {
  test('the longest that matches decides, whatever their order', () => {
    const robots = 'User-agent: *\nAllow: /api/v2/product/\nDisallow: /api/\n';
    expect(may(robots, '/api/v2/product/17')).toBe(true);
    expect(may(robots, '/api/user/')).toBe(false);
    expect(may('User-agent: *\nDisallow: /api/user/\nAllow: /api/\n', '/api/user/1')).toBe(false);
  });

  test('that are equally long the one that allows decides', () => {
    expect(may('User-agent: *\nDisallow: /page\nAllow: /page\n', '/page')).toBe(true);
    expect(may('User-agent: *\nAllow: /page\nDisallow: /page\n', '/page')).toBe(true);
  });

  test('none applies to robots.txt itself', () => {
    expect(may('User-agent: *\nDisallow: /\n', '/robots.txt')).toBe(true);
  });
});

describe('a pattern', () => {
  test.each([
    ['/', '/anything', true],
    ['/fish', '/fish.html', true],
    ['/fish', '/Fish.html', false],
    ['/fish*', '/fishheads/yummy.html', true],
    ['/fish/', '/fish', false],
    ['/*.php', '/folder/filename.php?parameters', true],
    ['/*.php$', '/filename.php', true],
    ['/*.php$', '/filename.php?parameters', false],
    ['/*.php$', '/filename.php5/a.php', true],
    ['/fish*.php', '/fishheads/catfish.php?x', true],
    ['/fish*.php', '/Fish.PHP', false],
    ['/api/v1/offers/*/limited-phones/', '/api/v1/offers/123/limited-phones/', true],
    ['/api/v1/offers/*/limited-phones/', '/api/v1/offers/123/', false],
    ['/a$', '/a', true],
    ['/a$', '/ab', false],
    ['*', '/x', true],
    ['/*ab*ab$', '/ab', false],
    ['/*ab*ab$', '/abxab', true],
    ['/search?q=', '/search?q=tea', true],
    ['/товар', '/%D1%82%D0%BE%D0%B2%D0%B0%D1%80/1', true],
    ['/%d1%82', '/т', true],
    ['/%7Ejoe', '/~joe/', true],
    ['/a%2Fb', '/a/b', false],
  ])('%s and the address %s: %s', (pattern, path, matches) => {
    expect(matchesAddress(pattern, new URL(`https://market.example${path}`))).toBe(matches);
  });

  test('without stars and dollars matches exactly the addresses that begin with it', () => {
    const segment = fc.stringMatching(/^[a-z0-9/_.~-]{0,12}$/);
    fc.assert(
      fc.property(segment, segment, (pattern, path) => {
        const address = new URL(`https://market.example/${path}`);
        expect(matchesAddress(`/${pattern}`, address)).toBe(address.pathname.startsWith(`/${pattern}`));
      }),
    );
  });

  test('with many stars takes no longer than it should', () => {
    const address = new URL(`https://market.example/${'a'.repeat(2_000)}`);
    expect(matchesAddress(`/${'*a'.repeat(400)}b$`, address)).toBe(false);
  });
});
