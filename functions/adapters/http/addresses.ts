import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';

/**
 * Ranges that no marketplace is in (IANA special-purpose address registries): this network, documentation, multicast and
 * what is reserved, not the internet. IPv4 addresses that are mapped into IPv6 (`::ffff:0:0/96`) are checked as what they are.
 */
const special = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(network, prefix, 'ipv4');
  // What a translator (NAT64) or a 6to4 relay would send there.
  const groups = hexGroups(network);
  special.addSubnet(`64:ff9b::${groups}`, 96 + prefix, 'ipv6');
  special.addSubnet(`2002:${groups}::`, 16 + prefix, 'ipv6');
}
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  special.addSubnet(network, prefix, 'ipv6');
}

/** `10.1.2.3` as the two groups `a01:203` of an IPv6 address. */
function hexGroups(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** A name led to an address inside a private network, and nowhere else. */
export class NotPublic extends Error {
  readonly code = 'ENOTPUBLIC';
}

export function isPublic(address: string): boolean {
  return !special.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Name resolution that only yields public addresses, so that a marketplace's DNS entry cannot lead a request into a
 * private network or to the instance metadata service (F54). The connection is made to the very address that was checked.
 */
export function publicLookup(resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return callback(error, '');
      const [first, ...others] = found.filter(({ address }) => isPublic(address));
      if (!first) return callback(new NotPublic(`${hostname} does not lead to a public address`), '');
      if (options.all) callback(null, [first, ...others]);
      else callback(null, first.address, first.family);
    });
  };
}
