import type { DeadLetter } from './dead-letter.ts';
import type { QueueOfDeadLetters } from './list.ts';

const minute = (iso: string) => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** What waits, as a person reads it: a paragraph per queue, the empty ones in one line. */
export function listText(queues: readonly QueueOfDeadLetters[], stageOption: string): string {
  const full = queues.filter(({ waiting }) => waiting > 0);
  const empty = queues.filter(({ waiting }) => waiting === 0).map(({ queue }) => queue);
  const lines = full.flatMap(({ queue, waiting, lookedAt, keptUntil, causes }) => [
    `${queue}: ${waiting} dead letters${keptUntil ? `, kept until ${minute(keptUntil)}` : ''}`,
    ...(lookedAt < waiting ? [`  ${lookedAt} of them looked at`] : []),
    ...causes.flatMap(({ cause, count, function: name, lastFailedAt }) => [
      `  ${String(count).padStart(5)}  ${cause}`,
      ...(lastFailedAt ? [`         last at ${minute(lastFailedAt)}, in ${name}`] : []),
    ]),
    `  look: npx narx dlq show ${queue}${stageOption}`,
    `  back: npx narx dlq redrive ${queue} --dry-run${stageOption}`,
    '',
  ]);
  if (empty.length > 0) lines.push(`empty: ${empty.join(', ')}`);
  return lines.join('\n').trimEnd();
}

/** One line of what it is, one of why it is here. */
export function letterLine(letter: DeadLetter): string {
  return [
    `${letter.id}  sent ${minute(letter.sentAt.toISOString())}, received ${letter.receives} times`,
    `  ${contentLine(letter)}`,
    `  ${letter.note ? `${letter.note.error}: ${letter.note.reason}` : letter.cause}`,
  ].join('\n');
}

/** Everything that is known of one letter; as an object, for JSON and for `show`. */
export function letterDocument(letter: DeadLetter) {
  const { id, sentAt, receives, cause, note, content, body } = letter;
  const decoded =
    content.type === 'job'
      ? content.job
      : content.type === 'visits'
        ? content.message
        : { undecodable: content.detail, body };
  return { id, sentAt, receives, cause, lastFailure: note, content: decoded };
}

function contentLine({ content, body }: DeadLetter): string {
  switch (content.type) {
    case 'job': {
      const { sweepId, jobNumber, references } = content.job;
      return `job ${jobNumber} of ${sweepId}, ${references.length} references`;
    }
    case 'visits': {
      const { sweepId, jobNumber, visits, discovered } = content.message;
      return `${visits.length} visits, ${discovered.length} discoveries of job ${jobNumber} of ${sweepId}`;
    }
    case 'undecodable':
      return `${Buffer.byteLength(body)} bytes that do not decode (${content.detail})`;
  }
}
