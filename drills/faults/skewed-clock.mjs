// Loaded into a function's process before anything else: its clock is wrong by NARX_DRILL_CLOCK_SKEW_MS milliseconds.
const skewMs = Number(process.env.NARX_DRILL_CLOCK_SKEW_MS);
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
