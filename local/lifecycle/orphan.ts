import process from 'node:process';
import { commandLine, parentOf } from './processes.ts';

/**
 * npm that is killed takes neither its shell nor its script with it. Calls `action` once when the npm or npx that runs
 * this process has gone; never when it was started in another way. Returns what stops the watch.
 */
export function whenNpmHasGone(action: () => void, lookEveryMs = 500): () => void {
  if (process.env['npm_command'] === undefined) return () => undefined;
  const parent = process.ppid;
  // npm runs a script in a shell, which may or may not have made way for the script.
  const shell = /^(\S*\/)?\w*sh -c /.test(commandLine(parent) ?? '');
  const npm = shell ? parentOf(parent) : parent;
  const timer = setInterval(() => {
    if (process.ppid === parent && (!shell || parentOf(parent) === npm)) return;
    clearInterval(timer);
    action();
  }, lookEveryMs).unref();
  return () => clearInterval(timer);
}
