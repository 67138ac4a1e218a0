import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Signer } from '@aws-sdk/rds-signer';
import type { Endpoints } from '../../contract/endpoints.ts';
import { ConfigurationError } from '../../core/model/errors.ts';
import type { ConnectionSettings } from './database.ts';

/** What a function's environment says of its database. */
export interface DatabaseEnvironment {
  readonly ENDPOINTS: Endpoints;
  readonly DOMAIN: string;
  readonly DATABASE_HOST: string;
  readonly DATABASE_PORT: number;
  readonly DATABASE_NAME: string;
  readonly DATABASE_USER: string;
}

/** Each is below the timeout of the function that waits: no call waits for ever (F26). */
const limits = {
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
} as const;

/** Lambda's Node.js image holds the RDS certificate authorities here, and since Node 20 does not load them by itself. */
const lambdaCertificates = '/var/runtime/ca-cert.pem';

/**
 * The way to the domain's RDS Proxy, with an IAM token as the password. The token is signed locally, without a call, at
 * each connect: it only has to be valid (15 minutes) while logging in. The proxy's certificate is from Amazon Trust
 * Services, which Node knows. Locally: the given server, which trusts loopback.
 *
 * `queryTimeoutMs` ends the wait for a server that is silent; a statement that runs too long is ended by the server
 * itself, earlier (role defaults, see the migrations), because the proxy passes on no cancellation.
 */
export function proxyConnection(env: DatabaseEnvironment, queryTimeoutMs: number): ConnectionSettings {
  const timed = { ...limits, query_timeout: queryTimeoutMs };
  const local = localServer(env);
  if (local !== null) return () => ({ ...timed, ...local });
  const login = iamLogin(env);
  return () => ({ ...timed, ...login, ssl: true });
}

/**
 * The way to the database instance itself, as its master, for migrate: DDL under an advisory lock would pin a proxy's
 * session. The master logs in with an IAM token like everybody else. The instance's certificate is from an RDS authority.
 * No query timeout: an index may take as long as the function has.
 */
export function directConnection(env: DatabaseEnvironment): ConnectionSettings {
  const local = localServer(env);
  if (local !== null) return () => ({ ...limits, ...local });
  const login = iamLogin(env);
  return () => ({
    ...limits,
    ...login,
    ssl: { ca: [...rootCertificates, readFileSync(lambdaCertificates, 'utf8')] },
  });
}

function iamLogin({
  DATABASE_HOST: host,
  DATABASE_PORT: port,
  DATABASE_USER: user,
  DATABASE_NAME: database,
}: DatabaseEnvironment) {
  const signer = new Signer({ hostname: host, port, username: user });
  return { host, port, user, database, password: () => signer.getAuthToken() };
}

function localServer(
  env: DatabaseEnvironment,
): { host: string; port: number; database: string; user: string } | null {
  if (env.ENDPOINTS === 'aws') return null;
  const server = env.ENDPOINTS.postgres[env.DOMAIN];
  if (server === undefined) {
    throw new ConfigurationError([
      `Environment variable ENDPOINTS: postgres has no entry for the storage domain ${env.DOMAIN}.`,
    ]);
  }
  return { ...server, user: env.DATABASE_USER };
}
