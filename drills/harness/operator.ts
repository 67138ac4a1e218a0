import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DrillFailure } from '../drill.ts';
import type { Stopwatch } from './stopwatch.ts';

export interface Answer {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The person on call: does exactly what the runbook says, as a process of its own. */
export class Operator {
  readonly #root: string;
  readonly #folder: string;
  readonly #stopwatch: Stopwatch;
  /** The commands that were needed, as the runbook has them. */
  readonly steps: string[] = [];

  constructor(root: string, folder: string, stopwatch: Stopwatch) {
    this.#root = root;
    this.#folder = folder;
    this.#stopwatch = stopwatch;
  }

  /**
   * Runs a command of the runbook, given as it stands there (`npx narx dlq list --stage $STAGE`); the stage becomes this
   * drill's stack. Throws when the command stands in no page of docs/runbook, and when it ends with another exit code
   * than 0, unless `codes` names it.
   */
  async does(command: string, { codes = [0] }: { codes?: number[] } = {}): Promise<Answer> {
    if (!this.#stands(command)) throw new Error(`No page of docs/runbook has the command: ${command}`);
    this.steps.push(command);
    this.#stopwatch.phase(`operator: ${command}`);
    const answer = await this.#run(command);
    if (!codes.includes(answer.code ?? -1))
      throw new DrillFailure(
        `${command}: expected exit code ${codes.join(' or ')}, saw ${answer.code}: ${answer.stderr.trim() || answer.stdout.trim()}`,
      );
    return answer;
  }

  /** Only looks (`npx narx status`): no step of a recovery, and not in the runbook perhaps. */
  looks(command: string): Promise<Answer> {
    return this.#run(command);
  }

  #stands(command: string): boolean {
    const runbook = join(this.#root, 'docs', 'runbook');
    return readdirSync(runbook).some((page) =>
      readFileSync(join(runbook, page), 'utf8')
        .split(/[\n`]/)
        .some((line) => line.replace(/\s+#.*$/, '').trim() === command),
    );
  }

  #run(command: string): Promise<Answer> {
    const words = command
      .replace(/ --stage "?\$STAGE"?/, '')
      .replace(/^npx narx /, '')
      .split(' ');
    // Not by npx, which finds the command among the linked packages: in a copy of the sources those are the project's.
    const narx = join(this.#root, 'cli', 'narx.mjs');
    const child = spawn(process.execPath, [narx, ...words, '--folder', this.#folder], {
      cwd: this.#root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const answer: Answer = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      answer.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      answer.stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject).once('close', (code) => resolve({ ...answer, code }));
    });
  }
}
