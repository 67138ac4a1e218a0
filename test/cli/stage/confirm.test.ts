import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../cli/command.ts';
import { confirmed } from '../../../cli/stage/confirm.ts';

function terminal(answer: string, isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.ReadStream;
  const output = new PassThrough();
  (input as unknown as PassThrough).write(`${answer}\n`);
  return { input, output };
}

describe('a question before something that cannot be taken back', () => {
  it.each([
    ['y', true],
    ['YES', true],
    ['', false],
    ['n', false],
    ['yesterday', false],
  ])('answered "%s" means %s', async (answer, expected) => {
    expect(await confirmed('Drop them?', { yes: false }, terminal(answer))).toBe(expected);
  });

  it('is not asked when it was answered beforehand', async () => {
    expect(await confirmed('Drop them?', { yes: true }, terminal('n'))).toBe(true);
  });

  it('is a refusal that names the option when nobody is there', async () => {
    const asked = confirmed('Drop them?', { yes: false }, terminal('y', false));
    await expect(asked).rejects.toThrow(UsageError);
    await expect(asked).rejects.toThrow('add --yes');
  });
});
