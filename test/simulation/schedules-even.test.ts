import { test } from 'vitest';
import { expectEveryPromiseKept, longest, runs } from './many.ts';

test(`the even half of ${runs} random fault schedules loses, doubles and misstates nothing`, {
  timeout: longest,
}, async () => {
  await expectEveryPromiseKept(2);
});
