/** Makes of a function's code one whose clock is wrong by so many milliseconds; what an instant is in text stays as it is. */
export function wrongClock(milliseconds: number): (code: string) => string {
  const skew = `
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...words) {
    if (words.length === 0) super(RealDate.now() + ${milliseconds});
    else super(...words);
  }
  static now() {
    return RealDate.now() + ${milliseconds};
  }
};
`;
  return (code) => `${skew}${code}`;
}
