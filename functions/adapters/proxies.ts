import { createHash } from 'node:crypto';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import type { Endpoints } from '../contract/endpoints.ts';
import { ConfigurationError } from '../core/model/errors.ts';

const addresses = z.array(z.url({ protocol: /^https?$/ })).min(1);

/** What a proxy is called in logs and in the gate: its host, and a few characters that tell one account from another. */
function nameOf(address: string): string {
  const hash = createHash('sha256').update(address).digest('hex').slice(0, 8);
  return `${new URL(address).host}#${hash}`;
}

/**
 * The proxies of a marketplace, name to address; empty when it has none. `secretName` is `none` or names a secret with a
 * JSON list of addresses. Throws ConfigurationError, without a word of the secret, when it holds anything else.
 */
export async function loadProxies(
  endpoints: Endpoints,
  marketplace: string,
  secretName: string,
  secrets: () => SecretsManagerClient,
): Promise<ReadonlyMap<string, string>> {
  if (endpoints !== 'aws') return named(endpoints.proxies?.[marketplace] ?? []);
  if (secretName === 'none') return new Map();
  const { SecretString } = await secrets().send(new GetSecretValueCommand({ SecretId: secretName }));
  return readProxies(SecretString ?? '', `The secret ${secretName}`);
}

/** The proxies that a text lists, name to address. Throws ConfigurationError, without a word of the text, when it is no such list. */
export function readProxies(text: string, source: string): ReadonlyMap<string, string> {
  const list = addresses.safeParse(parse(text));
  if (list.success) return named(list.data);
  throw new ConfigurationError([
    `${source} is not a JSON list of at least one proxy address, such as ["http://user:password@proxy.example:8080"].`,
  ]);
}

function named(list: readonly string[]): ReadonlyMap<string, string> {
  return new Map(list.map((address) => [nameOf(address), address]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
