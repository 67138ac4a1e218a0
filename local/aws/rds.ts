import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DatabaseSpec } from '../cloud-model.ts';
import { callerOf } from './caller.ts';
import { type Fault, loseAnswer, playFault } from './fault.ts';
import { listenOnLoopback, readBody } from './http.ts';
import { systemTime } from './time.ts';

export interface RdsServer {
  /** What a client's `endpoint` takes. */
  url: string;
  /** From now on these instances are there. */
  create(databases: readonly Pick<DatabaseSpec, 'instanceName' | 'backupRetentionDays'>[]): void;
  close(): Promise<void>;
}

const maxRequestBytes = 64 * 1024;
/** How often RDS ships the log of an instance that has backups: what it can be restored to is never older. */
const logEveryMs = 5 * 60_000;

/**
 * DescribeDBInstances (of one instance) and ModifyDBInstance (its backups' retention) of RDS, in the AWS query protocol, on the
 * loopback interface. Nothing is backed up: an instance with a retention can be restored to the last five minutes, scaled, and
 * one without to nothing, as RDS would say of it.
 */
export async function startRds(options: {
  timeScale: number;
  onRequest?: (operation: string, resource: string | null, caller: string | null) => Fault | undefined;
}): Promise<RdsServer> {
  const retentionDays = new Map<string, number>();
  const server = await listenOnLoopback(0, serve);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await readBody(request, maxRequestBytes)) ?? Buffer.alloc(0);
    const input = new URLSearchParams(body.toString());
    const operation = input.get('Action') ?? '';
    const instance = input.get('DBInstanceIdentifier') ?? '';
    const fault = options.onRequest?.(operation, instance || null, callerOf(request.headers));
    if (fault?.fault === 'error') return refuse(response, fault.status, fault.code, fault.message);
    const { serve: serving, answer: heard } = await playFault(fault, response, systemTime);
    if (!serving) return;
    if (!heard) loseAnswer(response);
    if (operation !== 'DescribeDBInstances' && operation !== 'ModifyDBInstance')
      return refuse(response, 400, 'InvalidAction', `There is no ${operation} here.`);
    if (!retentionDays.has(instance))
      return refuse(response, 404, 'DBInstanceNotFound', `DBInstance ${instance} not found.`);
    const days = input.get('BackupRetentionPeriod');
    if (operation === 'ModifyDBInstance' && days !== null) retentionDays.set(instance, Number(days));
    const described = describe(instance, retentionDays.get(instance) ?? 0, options.timeScale);
    const list = operation === 'DescribeDBInstances' ? `<DBInstances>${described}</DBInstances>` : described;
    send(
      response,
      200,
      `<${operation}Response><${operation}Result>${list}</${operation}Result></${operation}Response>`,
    );
  }

  return {
    url: server.url,
    create: (databases) => {
      for (const { instanceName, backupRetentionDays } of databases)
        retentionDays.set(instanceName, backupRetentionDays);
    },
    close: () => server.close(),
  };
}

function describe(instance: string, retention: number, timeScale: number): string {
  const every = logEveryMs * timeScale;
  const until = new Date(Math.floor(Date.now() / every) * every).toISOString();
  return [
    '<DBInstance>',
    `<DBInstanceIdentifier>${instance}</DBInstanceIdentifier>`,
    `<BackupRetentionPeriod>${retention}</BackupRetentionPeriod>`,
    retention > 0 ? `<LatestRestorableTime>${until}</LatestRestorableTime>` : '',
    '</DBInstance>',
  ].join('');
}

function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message = 'Refused by a drill.',
): void {
  const type = status < 500 ? 'Sender' : 'Receiver';
  send(
    response,
    status,
    `<ErrorResponse><Error><Type>${type}</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  );
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
}
