import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The algorithms of `x-amz-checksum-*`, with the length of their digests in bytes. */
export const checksumLengths = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;
export type ChecksumAlgorithm = keyof typeof checksumLengths;

/** Only these can describe a whole object that was uploaded in parts; the hashes can only be composed of the parts'. */
export const fullObjectAlgorithms: readonly ChecksumAlgorithm[] = ['crc32', 'crc32c', 'crc64nvme'];

export interface Digest {
  update(bytes: Uint8Array): void;
  base64(): string;
}

export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithm {
  return Object.hasOwn(checksumLengths, name);
}

export function newChecksum(algorithm: ChecksumAlgorithm): Digest {
  switch (algorithm) {
    case 'crc32':
      return crcOf32Bits((bytes, crc) => crc32(bytes, crc));
    case 'crc32c':
      return crcOf32Bits(updateCrc32c);
    case 'crc64nvme':
      return newCrc64Nvme();
    default: {
      const hash = createHash(algorithm);
      return { update: (bytes) => void hash.update(bytes), base64: () => hash.digest('base64') };
    }
  }
}

function crcOf32Bits(step: (bytes: Uint8Array, crc: number) => number): Digest {
  let crc = 0;
  return {
    update(bytes) {
      crc = step(bytes, crc);
    },
    base64() {
      const digest = Buffer.alloc(4);
      digest.writeUInt32BE(crc >>> 0);
      return digest.toString('base64');
    },
  };
}

/** Castagnoli polynomial, reflected. */
const table32c = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

function updateCrc32c(bytes: Uint8Array, start: number): number {
  let crc = ~start;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table32c[(crc ^ byte) & 255] ?? 0);
  return ~crc;
}

/** CRC-64/NVME (reflected polynomial 0x9a6c9329ac4bc9b5), the halves of each entry apart: BigInt would be too slow. */
const tables64 = { high: new Uint32Array(256), low: new Uint32Array(256) };
for (let index = 0; index < 256; index++) {
  let crc = BigInt(index);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x9a6c9329ac4bc9b5n : crc >> 1n;
  tables64.high[index] = Number(crc >> 32n);
  tables64.low[index] = Number(crc & 0xffffffffn);
}

function newCrc64Nvme(): Digest {
  let high = -1;
  let low = -1;
  return {
    update(bytes) {
      for (const byte of bytes) {
        const index = (low ^ byte) & 255;
        low = ((low >>> 8) | (high << 24)) ^ (tables64.low[index] ?? 0);
        high = (high >>> 8) ^ (tables64.high[index] ?? 0);
      }
    },
    base64() {
      const digest = Buffer.alloc(8);
      digest.writeUInt32BE(~high >>> 0, 0);
      digest.writeUInt32BE(~low >>> 0, 4);
      return digest.toString('base64');
    },
  };
}

/** The checksum of a multipart object that is composed of its parts': a checksum over their raw digests, and their number. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): string {
  const digest = newChecksum(algorithm);
  for (const part of parts) digest.update(Buffer.from(part, 'base64'));
  return `${digest.base64()}-${parts.length}`;
}
