import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const megabyte = 1024 * 1024;

/** In a function of 512 MB: up to what size V8 lets its heap grow once it has collected all of it but twenty megabytes. */
function limitAfter(prepare: string): { left: number; limit: number } {
  const script = `
    import { collectLessOften } from ${JSON.stringify(new URL('../../functions/adapters/heap.ts', import.meta.url).href)};
    ${prepare}
    globalThis.alive = Array.from({ length: 20 * 16 }, () => new Array(8_000).fill(0.5));
    gc();
    gc();`;
  const trace = execFileSync(
    process.execPath,
    [
      // As Lambda starts a function of this size.
      '--max-semi-space-size=25',
      '--max-old-space-size=461',
      '--expose-gc',
      '--trace-gc-nvp',
      '--input-type=module',
      '--eval',
      script,
    ],
    { encoding: 'utf8' },
  );
  const last = trace.slice(trace.lastIndexOf('gc=mc'));
  const value = (name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(last)?.[1]) / megabyte;
  return { left: value('end_object_size'), limit: value('old_gen_allocation_limit') };
}

test('V8 lets a small heap grow to twice its size before it collects the whole of it again', () => {
  const usual = limitAfter('');
  const freer = limitAfter('collectLessOften();');
  expect(usual.left).toBeGreaterThan(20);
  expect(usual.limit).toBeLessThan(2 * usual.left);
  expect(freer.limit).toBeGreaterThanOrEqual(2 * freer.left);
});
