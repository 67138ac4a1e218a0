import { createReadStream } from 'node:fs';
import { UsageError } from '../command.ts';

/** `line` is where the record begins, from 1. */
interface CsvRecord {
  readonly line: number;
  readonly fields: string[];
}

/** A record that is longer has lost its closing quote somewhere. */
const mostCharacters = 1 << 20;

/**
 * Records of a CSV file (RFC 4180: fields in quotes may contain delimiters, line breaks and doubled quotes), as many at a time
 * as one read of the file completed. Empty lines are left out. `onBytes` sees every byte of the file, in order. Throws a
 * UsageError for a quote that is never closed.
 */
export async function* csvRecords(
  path: string,
  delimiter: string,
  onBytes: (bytes: Buffer) => void,
): AsyncGenerator<CsvRecord[]> {
  const decoder = new TextDecoder();
  const parser = new CsvParser(delimiter);
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    onBytes(bytes);
    yield parser.parse(decoder.decode(bytes, { stream: true }));
  }
  yield parser.parse(`${decoder.decode()}\n`);
  parser.end();
}

/** What a record with these fields looks like in a file. */
export function csvLine(fields: readonly string[], delimiter: string): string {
  return fields
    .map((field) =>
      /["\r\n]/.test(field) || field.includes(delimiter) ? `"${field.replaceAll('"', '""')}"` : field,
    )
    .join(delimiter);
}

class CsvParser {
  readonly #delimiter: string;
  #field = '';
  #fields: string[] = [];
  #line = 1;
  #startedAt = 1;
  #length = 0;
  /** `closed`: a quote was read inside of quotes, which ends them unless another one follows. */
  #state: 'plain' | 'quoted' | 'closed' = 'plain';

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  parse(text: string): CsvRecord[] {
    const records: CsvRecord[] = [];
    for (const character of text) {
      if (character === '\n') this.#line += 1;
      this.#length += 1;
      if (this.#length > mostCharacters) this.#refuse();
      if (this.#state === 'quoted') {
        if (character === '"') this.#state = 'closed';
        else this.#field += character;
      } else if (character === '"' && (this.#state === 'closed' || this.#field === '')) {
        if (this.#state === 'closed') this.#field += '"';
        this.#state = 'quoted';
      } else if (character === this.#delimiter) this.#endField();
      else if (character === '\n') {
        this.#endField();
        if (this.#fields.length > 1 || this.#fields[0] !== '')
          records.push({ line: this.#startedAt, fields: this.#fields });
        this.#fields = [];
        this.#startedAt = this.#line;
        this.#length = 0;
      } else if (character !== '\r') this.#field += character;
    }
    return records;
  }

  end(): void {
    if (this.#state === 'quoted') this.#refuse();
  }

  #endField(): void {
    this.#fields.push(this.#field);
    this.#field = '';
    this.#state = 'plain';
  }

  #refuse(): never {
    throw new UsageError(
      `the record that begins in line ${this.#startedAt} does not end: a quote is not closed there. Mend that line, and call again.`,
    );
  }
}
