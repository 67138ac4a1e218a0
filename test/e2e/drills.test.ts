import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { cleanUp, processesOf, root, runFolder } from './runner.ts';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 60_000 });

let folder: string;
beforeAll(() => {
  folder = runFolder();
});
afterAll(() => cleanUp(folder));

function drill(...words: string[]): { status: number | null; output: string } {
  const command = [join(root, 'cli', 'narx.mjs'), 'drill', '--folder', folder, ...words];
  const env = { ...process.env, NODE_ENV: undefined, VITEST: undefined };
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    env,
  });
  return { status, output: stdout + stderr };
}

const seconds = expect.any(Number) as number;

it('a queue that takes a part, huge pages and a block lose nothing; drills.json says so, and nothing is left behind', () => {
  const { status, output } = drill('F11', 'F18', 'F30c');
  expect(status, output).toBe(0);
  expect(output).toContain('3 of 3 drills passed');
  const rows = JSON.parse(readFileSync(join(folder, 'drills.json'), 'utf8')) as object[];
  const row = (id: string, alarm: string) => ({
    id,
    name: expect.any(String) as string,
    pass: true,
    detectedBy: expect.stringMatching(/^alarm /) as string,
    detectedAfterS: seconds,
    recoveredAfterS: seconds,
    lost: 0,
    duplicated: 0,
    deadLettered: 0,
    operatorSteps: [],
    alarms: expect.arrayContaining([alarm]) as string[],
  });
  expect(rows).toStrictEqual([
    row('F11', 'dispatch-failing'),
    row('F18', 'parse-success'),
    row('F30c', 'gate-closed'),
  ]);
  expect(processesOf(folder)).toEqual([]);
});

it('an id without a drill is refused in one line', () => {
  const { status, output } = drill('F99');
  expect(status).toBe(1);
  expect(output).toBe('narx drill: there is no failure "F99"; narx drill --list shows what there is.\n');
});
