import { randomBytes } from 'node:crypto';
import { modelledError } from './errors.ts';

const prefix = 'AQEB';

/** A new handle for one delivery. Earlier handles of the same message stay usable, as in a standard queue. */
export function writeReceiptHandle(queueName: string, messageNumber: number): string {
  const nonce = randomBytes(9).toString('base64url');
  return prefix + Buffer.from(`${queueName}:${messageNumber}:${nonce}`).toString('base64');
}

/** The message that a handle of this queue names. Throws ReceiptHandleIsInvalid for anything else. */
export function readReceiptHandle(handle: string, queueName: string): number {
  const [name, number, nonce] = handle.startsWith(prefix)
    ? Buffer.from(handle.slice(prefix.length), 'base64').toString().split(':')
    : [];
  if (name !== queueName || number === undefined || !/^\d+$/.test(number) || nonce?.length !== 12) {
    throw modelledError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
    );
  }
  return Number(number);
}
