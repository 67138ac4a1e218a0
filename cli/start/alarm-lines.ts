import { type AlarmId, catalogue } from '../../lib/alarms/catalogue.ts';
import type { Level } from '../../lib/alarms/definition.ts';
import type { AlarmTransition } from '../../local/metrics/alarms.ts';

interface Known {
  id: AlarmId;
  level: Level;
  /** Without the name of the stage. */
  short: string;
}

/** Narrower than this, the hint stands on a line of its own. */
const wide = 120;
/** Room for the time and the state before an alarm's name. */
const indent = ' '.repeat(16);

/**
 * Tells changes of alarms, one line each: when, which, what, why, and which page of the runbook helps. Alarms that have never
 * had data are one line together, and one more when the last of them has had it.
 */
export class AlarmLines {
  readonly #prefix: string;
  readonly #write: (line: string) => void;
  readonly #columns: () => number;
  /** In ALARM only because nothing has reported yet. */
  readonly #waiting = new Set<string>();
  #waited = 0;
  #announced = false;

  constructor(stage: string, write: (line: string) => void, columns: () => number) {
    this.#prefix = `narx-${stage}-`;
    this.#write = write;
    this.#columns = columns;
  }

  change({ name, from, state, at, reason }: AlarmTransition): void {
    const alarm = this.#known(name);
    // Composites repeat what their parts say.
    if (!alarm) return;
    if (from === 'INSUFFICIENT_DATA') {
      if (state === 'OK') return;
      if (state === 'ALARM' && reason.includes('missing, treated as breaching')) {
        this.#wait(name);
        return;
      }
    }
    if (state === 'OK' && this.#waiting.delete(name)) this.#arrived(at);
    else this.#tell(alarm, state, at, reason);
  }

  #tell({ id, level, short }: Known, state: AlarmTransition['state'], at: Date, reason: string): void {
    if (state !== 'ALARM') {
      this.#write(`${timeOf(at)} ${state.padEnd(6)} ${short}`);
      return;
    }
    const head = `${timeOf(at)} ALARM  ${short}`;
    const why = whyOf(reason);
    const line = `${head}: ${why}`;
    const hint = `${level}; docs/runbook/${id}.md`;
    const columns = this.#columns();
    if (columns >= wide && line.length + hint.length + 2 <= columns) {
      this.#write(`${line}  ${hint}`);
      return;
    }
    // A limit that is cut off is worth nothing at three in the morning.
    for (const part of line.length <= columns ? [line] : [head, `${indent}${why}`])
      this.#write(part.slice(0, columns));
    this.#write(`${indent}${hint}`);
  }

  #wait(name: string): void {
    this.#waiting.add(name);
    this.#waited += 1;
    if (this.#announced) return;
    this.#announced = true;
    // All that has no data is found in one evaluation.
    queueMicrotask(() =>
      this.#write(`${this.#waiting.size} alarms have had no data yet; they are on until it comes.`),
    );
  }

  #arrived(at: Date): void {
    if (this.#waiting.size > 0) return;
    this.#write(`${timeOf(at)} OK     all ${this.#waited} alarms have had data`);
  }

  #known(name: string): Known | null {
    if (!name.startsWith(this.#prefix)) return null;
    const short = name.slice(this.#prefix.length);
    const id = (Object.keys(catalogue) as AlarmId[])
      .filter((one) => short === one || short.startsWith(`${one}-`))
      .toSorted((a, b) => b.length - a.length)[0];
    if (id === undefined) return null;
    const [first, second] = catalogue[id].levels;
    const level = second !== undefined && short.startsWith(`${id}-critical`) ? second : first;
    return { id, level, short };
  }
}

const timeOf = (at: Date): string => at.toISOString().slice(11, 19);

const signs: Record<string, string> = {
  'greater than': '>',
  'at least': '>=',
  'less than': '<',
  'at most': '<=',
};

/** What breaches, without how it is counted; numbers to four digits. */
function whyOf(reason: string): string {
  const [, values = '', rest = ''] = /datapoints \[(.*)\] (.*?), \d+ of \d+ to alarm/.exec(reason) ?? [];
  if (rest === '') return reason;
  const short = (text: string): string => String(Number(Number(text).toPrecision(4)));
  const seen = values === '' ? 'no data' : values.split(', ').map(short).join(', ');
  const missing = /; (\d+ missing)/.exec(reason)?.[1];
  const [, words = '', limit = ''] = /^(.*) (\S+)$/.exec(rest) ?? [];
  return `${seen}${missing && values !== '' ? ` (${missing})` : ''}, alarms ${signs[words] ?? words} ${short(limit)}`;
}
