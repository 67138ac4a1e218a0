import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, getPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ChildRegistry } from '../../../local/lifecycle/children.ts';

const { PRIORITY_BELOW_NORMAL } = constants.priority;
let folder: string;
let child: ChildProcess;

/** A child with a session of its own, as all that a runner has. */
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'narx-priority-'));
  child = spawn('cat', { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
});
afterEach(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const autogroup = (pid: number | 'self'): string | null =>
  existsSync(`/proc/${pid}/autogroup`) ? readFileSync(`/proc/${pid}/autogroup`, 'utf8').trim() : null;

test('children that are kept in the background let others go first, by themselves and as a session', async () => {
  const pid = child.pid ?? 0;
  const [own, before] = [autogroup('self'), autogroup(pid)];
  const ownPriority = getPriority();
  const children = new ChildRegistry(folder);
  children.keepInBackground();
  children.add(pid, 'a child');
  expect(getPriority(pid)).toBe(PRIORITY_BELOW_NORMAL);
  if (before?.startsWith('/autogroup-'))
    await expect.poll(() => autogroup(pid)).toBe(before.replace(/nice .*/, 'nice 10'));
  expect(getPriority()).toBe(ownPriority);
  expect(autogroup('self')).toBe(own);
});

test('others keep the priority that they have', () => {
  const pid = child.pid ?? 0;
  const before = autogroup(pid);
  new ChildRegistry(folder).add(pid, 'a child');
  expect(getPriority(pid)).toBe(getPriority());
  expect(autogroup(pid)).toBe(before);
});
