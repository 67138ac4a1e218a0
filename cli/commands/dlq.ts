import { parseArgs } from 'node:util';
import { type Command, UsageError } from '../command.ts';
import { chosen, dropDeadLetters } from '../dead-letters/drop.ts';
import { countOf, listDeadLetters, lookAt, MOST_LETTERS } from '../dead-letters/list.ts';
import { letterDocument, letterLine, listText } from '../dead-letters/print.ts';
import { findQueue, shortName } from '../dead-letters/queues.ts';
import { redrive } from '../dead-letters/redrive.ts';
import { type Actions, actOnStage } from '../stage/actions.ts';
import { confirmed, confirmOptions } from '../stage/confirm.ts';
import type { Stage } from '../stage/connect.ts';
import { stageOptions, stageUsage } from '../stage/options.ts';

const options = {
  ...stageOptions,
  ...confirmOptions,
  rate: { type: 'string', default: '10' },
  'dry-run': { type: 'boolean', default: false },
  id: { type: 'string' },
  cause: { type: 'string' },
} as const;

type Values = ReturnType<typeof read>['values'];
const read = (args: string[]) => parseArgs({ args, options, allowPositionals: true });
/** Letters that `show` without an id prints. */
const SHOWN = 20;

export const dlq: Command = {
  name: 'dlq',
  summary: 'dead letters: list by cause, show, redrive, drop',
  usage: `narx dlq list [queue]
narx dlq show <queue> [id]
narx dlq redrive <queue> [--rate N] [--dry-run]
narx dlq drop <queue> [--id ID | --cause TEXT] [--yes]

Dead letters are messages that failed at every receive. A queue is called as in list: uzum-jobs, ecommerce-snapshots.

  list       what waits in each dead-letter queue, by cause
  show       the newest ${SHOWN} letters with their reasons; with an id, that one decoded
  redrive    moves all letters of a queue back to it (SQS message move task) and follows it until it is done; mend
             the cause first, or they come straight back. SQS cannot move only some of them
  drop       deletes letters for good, after asking; their references stay dead-lettered in the books

Looking hides the letters for at most half a minute and puts them back; the alarm stays as it is.

${stageUsage}
  --rate N         letters per second that are moved, 1 to 500 (10)
  --dry-run        tell what redrive would do, and do nothing
  --id ID          drop this letter only
  --cause TEXT     drop the letters whose cause contains this text
  --yes            do not ask before dropping

Exit codes: 0 done; 1 wrong call, no such stage, or the move failed; 2 no letter fits.`,
  async run(args) {
    const { values, positionals } = read(args);
    return await actOnStage(actions, values, positionals);
  },
};

const actions: Actions<Values> = {
  list: async (stage, values, [name]) => {
    const queues = name === undefined ? stage.names.queues : [findQueue(stage, name)];
    const listed = await listDeadLetters(stage, queues);
    console.log(values.json ? JSON.stringify(listed, null, 2) : listText(listed, optionOf(stage)));
    return 0;
  },
  show: async (stage, values, [name, id]) => {
    const letters = await lookAt(stage, findQueue(stage, name), MOST_LETTERS);
    const wanted = id === undefined ? letters.slice(-SHOWN) : letters.filter((letter) => letter.id === id);
    if (id !== undefined && wanted.length === 0) {
      console.error(`narx dlq: no letter ${id} among the ${letters.length} that were looked at.`);
      return 2;
    }
    const [one] = wanted;
    if (id !== undefined && one) console.log(JSON.stringify(letterDocument(one), null, 2));
    else if (values.json) console.log(JSON.stringify(wanted.map(letterDocument), null, 2));
    else console.log(wanted.length === 0 ? 'no dead letters' : wanted.map(letterLine).join('\n'));
    return 0;
  },
  redrive: async (stage, values, [name]) => {
    const queue = findQueue(stage, name);
    const rate = Number(values.rate);
    if (!Number.isInteger(rate) || rate < 1 || rate > 500)
      throw new UsageError(`--rate must be a whole number from 1 to 500, not "${values.rate}".`);
    if (values['dry-run']) {
      const listed = await listDeadLetters(stage, [queue]);
      const waiting = listed[0]?.waiting ?? 0;
      const seconds = Math.ceil(waiting / rate);
      if (values.json) console.log(JSON.stringify({ ...listed[0], rate, seconds }));
      else
        console.log(
          `${listText(listed, optionOf(stage))}\nWould move ${waiting} to ${queue.name}, ${rate} a second: about ${seconds} s.`,
        );
      return 0;
    }
    if ((await countOf(stage, queue)) === 0) {
      console.log(values.json ? JSON.stringify({ queue: shortName(queue), moved: 0 }) : 'no dead letters');
      return 0;
    }
    let told = -1;
    const done = await redrive(stage, queue, rate, (moved, of) => {
      if (!values.json && moved !== told) console.error(`${moved} of ${of} moved to ${queue.name}`);
      told = moved;
    });
    if (values.json) console.log(JSON.stringify({ queue: shortName(queue), ...done }));
    else
      console.log(
        `${done.status.toLowerCase()}: ${done.moved} letters moved${done.failure ? `; ${done.failure}` : ''}`,
      );
    return done.status === 'COMPLETED' ? 0 : 1;
  },
  drop: async (stage, values, [name]) => {
    const queue = findQueue(stage, name);
    if (values.id !== undefined && values.cause !== undefined)
      throw new UsageError('give --id or --cause, not both.');
    const letters = chosen(await lookAt(stage, queue, MOST_LETTERS), { id: values.id, cause: values.cause });
    if (letters.length === 0) {
      console.error('narx dlq: no letter fits; nothing is dropped.');
      return 2;
    }
    const question = `Delete ${letters.length} dead letters of ${shortName(queue)} for good?`;
    if (!(await confirmed(question, values))) {
      console.error('Nothing is dropped.');
      return 1;
    }
    const dropped = await dropDeadLetters(stage, queue, new Set(letters.map(({ id }) => id)), MOST_LETTERS);
    console.log(values.json ? JSON.stringify({ queue: shortName(queue), dropped }) : `${dropped} dropped`);
    return 0;
  },
};

/** How the next command reaches the same stage. */
function optionOf({ local, name }: Stage): string {
  return local ? '' : ` --stage ${name}`;
}
