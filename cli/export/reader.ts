import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Signer } from '@aws-sdk/rds-signer';
import type { ConnectionSettings } from '../../functions/adapters/postgres/database.ts';
import { UsageError } from '../command.ts';
import type { Stage } from '../stage/connect.ts';

export const readerUser = 'narx_reader';

/** How a stage's database is reached from here, where no configuration says it. */
export interface Way {
  host?: string | undefined;
  port: string;
  /** File with the certificate authorities of RDS. */
  ca?: string | undefined;
}

/** Longer than the role's statement_timeout: the server ends a statement, and this only the wait for one that is silent. */
const timed = { query_timeout: 330_000, connectionTimeoutMillis: 10_000, keepAlive: true } as const;

/**
 * Logs in as the user that may only read. Here without a password; in AWS at the database itself, by an IAM token of the shell's
 * credentials over verified TLS. Throws a UsageError when the way there is not known.
 */
export function readerConnection(stage: Stage, domain: string, way: Way): ConnectionSettings {
  if (stage.local) {
    const server = stage.postgres(domain);
    if (server === null) throw new UsageError(`the stack that runs here has no database of ${domain}.`);
    return () => ({ ...timed, ...server, user: readerUser });
  }
  const { host, ca } = way;
  if (host === undefined || ca === undefined)
    throw new UsageError(
      'the database of a deployed stage is only reached within its network: give its --host, and the --ca of RDS (docs/sql.md, "In AWS").',
    );
  const port = Number(way.port);
  const signer = new Signer({ hostname: host, port, username: readerUser, region: stage.region });
  const certificates = [...rootCertificates, readFileSync(ca, 'utf8')];
  return () => ({
    ...timed,
    host,
    port,
    database: domain,
    user: readerUser,
    password: () => signer.getAuthToken(),
    ssl: { ca: certificates },
  });
}
