import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { z } from 'zod';
import { localEndpointsSchema } from '../functions/contract/endpoints.ts';
import { isAlive, processIdentity } from './lifecycle/processes.ts';

const runningStackSchema = z.strictObject({
  stage: z.string(),
  region: z.string(),
  accountId: z.string(),
  timeScale: z.number(),
  endpoints: localEndpointsSchema,
  /** Name of each HTTP API to its address. */
  httpApis: z.record(z.string(), z.url()).default({}),
  /** Where it says how its alarms stand. */
  alarms: z.url().nullable().default(null),
  startedAt: z.iso.datetime(),
  /** The process that runs it, and what tells that process from a later one with the same id. */
  pid: z.number().int(),
  identity: z.string(),
});
/** What another process must know of a stack that runs on this machine. */
export type RunningStack = z.infer<typeof runningStackSchema>;

/**
 * Writes down that this process runs a stack, whole or not at all: nobody ever reads half of it. Returns what takes the
 * file away again.
 */
export function announceStack(
  file: string,
  stack: Omit<z.input<typeof runningStackSchema>, 'startedAt' | 'pid' | 'identity'>,
): () => void {
  const { pid } = process;
  const text: z.input<typeof runningStackSchema> = {
    ...stack,
    startedAt: new Date().toISOString(),
    pid,
    identity: processIdentity(pid) ?? '',
  };
  const written = `${file}.${pid}`;
  writeFileSync(written, `${JSON.stringify(text, null, 2)}\n`);
  renameSync(written, file);
  return () => rmSync(file, { force: true });
}

/** The stack that the file tells of; null when there is none, or when the process that ran it has gone. */
export function readRunningStack(file: string): RunningStack | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const stack = runningStackSchema.parse(JSON.parse(text));
  return isAlive(stack.pid) && processIdentity(stack.pid) === stack.identity ? stack : null;
}
