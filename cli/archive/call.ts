import { InvokeCommand } from '@aws-sdk/client-lambda';
import {
  type ArchiveRequest,
  type ArchiveResult,
  archiveResultSchema,
} from '../../functions/contract/archive.ts';
import { UsageError } from '../command.ts';
import type { Stage } from '../stage/connect.ts';

/** How often somebody who waits is told how far it is. */
const sliceSeconds = 10;

/** Calls the archive function of a storage domain once. Throws a UsageError with what it said when it fails. */
export async function callArchive(
  stage: Pick<Stage, 'clients' | 'names'>,
  domain: string,
  request: ArchiveRequest,
): Promise<ArchiveResult> {
  const name = stage.names.function('archive', domain);
  const { FunctionError, Payload } = await stage.clients.lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(request)) }),
  );
  const answer: unknown = JSON.parse(Buffer.from(Payload ?? new Uint8Array()).toString() || 'null');
  if (FunctionError === undefined) return archiveResultSchema.parse(answer);
  const { errorType = FunctionError, errorMessage = '' } = (answer ?? {}) as Record<string, string>;
  throw new UsageError(`${errorType}: ${errorMessage} (docs/runbook/archive-failing.md)`);
}

/** Calls it again and again until it is done. `tell` is given the sum so far, and what the month has when that is known. */
export async function callUntilDone(
  call: (request: ArchiveRequest) => Promise<ArchiveResult>,
  request: ArchiveRequest & { action: 'run' | 'verify' | 'restore' },
  tell: (progress: {
    month: string | null;
    rows: number;
    rowsDone: number;
    rowsTotal: number | null;
  }) => void,
): Promise<{ result: ArchiveResult; rows: number; dropped: string[] }> {
  let rows = 0;
  const dropped: string[] = [];
  let next: ArchiveRequest = { ...request, withinSeconds: sliceSeconds };
  for (;;) {
    const result = await call(next);
    rows += result.rows;
    dropped.push(...result.dropped);
    tell({ month: result.month, rows, rowsDone: result.rowsDone, rowsTotal: result.rowsTotal });
    if (result.done) return { result, rows, dropped };
    if (next.action === 'verify' && result.nextPart !== null) next = { ...next, fromPart: result.nextPart };
  }
}
