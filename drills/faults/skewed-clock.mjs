// Loaded into a function's process before anything else: its clock is wrong by what the file says for its service, in
// milliseconds; the drill may change it at any time.
import { readFileSync } from 'node:fs';

const { NARX_DRILL_CLOCK_FILE: file, NARX_DRILL_CLOCK_OF: service } = process.env;
const read = () => Number(JSON.parse(readFileSync(file, 'utf8'))[service]);
let skewMs = read();
setInterval(() => {
  skewMs = read();
}, 50).unref();
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...words) {
    if (words.length === 0) super(RealDate.now() + skewMs);
    else super(...words);
  }
  static now() {
    return RealDate.now() + skewMs;
  }
};
