import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import pg from 'pg';

/**
 * Set-up of the tests when `npm run release` runs them: writes down every statement that code in `functions/` sends, and as whom.
 * What the tests themselves ask is told apart by the stack.
 */
const folder = process.env['NARX_RECORD_STATEMENTS'];
if (folder === undefined) throw new Error('NARX_RECORD_STATEMENTS names no folder.');
const file = join(folder, `${process.pid}.jsonl`);
/** What hands statements on for others, and migrations, which belong to the schema. */
const between = /\/postgres\/(?:database|migrations)\.ts/;
Error.stackTraceLimit = 40;

const query = pg.Client.prototype.query as (...args: unknown[]) => unknown;
pg.Client.prototype.query = function record(this: pg.Client, ...args: unknown[]) {
  const [first] = args;
  const text = typeof first === 'string' ? first : (first as { text?: string }).text;
  const frames = (new Error().stack ?? '').split('\n');
  const ours = frames.some(
    (line) => line.includes('/functions/') && !line.includes('/test/') && !between.test(line),
  );
  if (ours && text !== undefined && this.user?.startsWith('narx_'))
    appendFileSync(file, `${JSON.stringify({ user: this.user, text: text.trim() })}\n`);
  return query.apply(this, args);
} as typeof pg.Client.prototype.query;
