import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes of a function's code one whose clock is wrong by so many milliseconds; what an instant is in text stays as it is. */
export function wrongClock(milliseconds: number): (code: string) => string {
  return (code) => `const narxSkew = () => ${milliseconds};\n${skewedDate}${code}`;
}

/** A clock that functions share, and that a drill puts right, or wrong, while they run. */
export class SharedClock {
  readonly #file: string;

  /** Wrong by so many milliseconds at first. */
  constructor(folder: string, milliseconds: number) {
    this.#file = join(folder, 'clock');
    this.set(milliseconds);
  }

  /** Within a tenth of a second every function that runs has the new time. */
  set(milliseconds: number): void {
    // Never half a number, and never none.
    writeFileSync(`${this.#file}.new`, String(milliseconds));
    renameSync(`${this.#file}.new`, this.#file);
  }

  /**
   * Makes of a function's code one that goes by this clock. Its metrics keep the real time: to CloudWatch, which does not go by this
   * clock, they would be of another day.
   */
  get change(): (code: string) => string {
    const read = `
import { readFileSync as narxReadFile } from 'node:fs';
let narxClock = Number(narxReadFile(${JSON.stringify(this.#file)}));
setInterval(() => { narxClock = Number(narxReadFile(${JSON.stringify(this.#file)})); }, 100).unref();
const narxSkew = () => narxClock;
`;
    return (code) => `${read}${skewedDate}${realMetrics}${code}`;
  }
}

const realMetrics = `
const narxWrite = process.stdout.write;
process.stdout.write = function (text, ...rest) {
  const real = String(text).replace(/("_aws":\\{"Timestamp":)\\d+/, '$1' + RealDate.now());
  return narxWrite.call(process.stdout, real, ...rest);
};
`;

const skewedDate = `
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...words) {
    if (words.length === 0) super(RealDate.now() + narxSkew());
    else super(...words);
  }
  static now() {
    return RealDate.now() + narxSkew();
  }
};
`;
