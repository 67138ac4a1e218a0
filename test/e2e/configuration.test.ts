import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { root } from './runner.ts';

// Loading the CDK takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

/** A copy of the project whose configuration file may be spoilt. */
let project: string;
let sound: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'narx-project-'));
  for (const part of ['bin', 'cli', 'functions', 'lib', 'local', 'simulator', 'cdk.json', 'package.json'])
    cpSync(join(root, part), join(project, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  sound = readFileSync(join(root, 'narx.config.ts'), 'utf8');
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

const commands = {
  'npm start': [join('cli', 'narx.mjs'), 'start'],
  'npx cdk synth': [join('node_modules', 'aws-cdk', 'bin', 'cdk'), 'synth', '--quiet'],
};

/** Runs a command of the copy over this configuration file. */
function run(command: keyof typeof commands, configuration: string) {
  writeFileSync(join(project, 'narx.config.ts'), configuration);
  const { status, stdout, stderr } = spawnSync(process.execPath, commands[command], {
    cwd: project,
    encoding: 'utf8',
  });
  return { status, stdout, lines: stderr.trimEnd().split('\n') };
}

function replaced(...changes: [from: string, to: string][]): string {
  let text = sound;
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  return text;
}

describe('a configuration with three faults', () => {
  const faults = [
    'marketplaces.uzum.freshnesHours: is not a setting; use freshnessHours instead.',
    'functions.store.timeoutSeconds: is "soon"; give a number instead.',
    'marketplaces.uzum: maxConcurrency 4 x connectionsPerWorker 50 = 200 connections exceed connectionBudget 150; lower one of them to stay within the budget.',
  ];
  const spoilt = () =>
    replaced(
      ['freshnessHours: 6,', 'freshnesHours: 6,'],
      ['store: { timeoutSeconds: 30,', "store: { timeoutSeconds: 'soon',"],
      ['maxConcurrency: 3,', 'maxConcurrency: 4,'],
    );

  it('makes npm start print three sentences and exit with 1 before anything is started', () => {
    expect(run('npm start', spoilt())).toEqual({ status: 1, stdout: '', lines: faults });
    expect(existsSync(join(project, '.narx'))).toBe(false);
  });

  it('makes cdk synth print the same and exit with 1', () => {
    const { status, stdout, lines } = run('npx cdk synth', spoilt());
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(lines.slice(0, 3)).toEqual(faults);
    // The CDK's own closing line.
    expect(lines.slice(3)).toEqual([expect.stringContaining('Subprocess exited with error 1')]);
    expect(existsSync(join(project, 'cdk.out', 'manifest.json'))).toBe(false);
  });
});

describe('a configuration file that cannot be loaded', () => {
  it.each([
    [
      'a missing comma',
      () => replaced(["contact: 'ops@example.com',", "contact: 'ops@example.com'"]),
      /^narx\.config\.ts: line \d+ is not valid TypeScript: Expected ','.*\.$/,
    ],
    [
      'a word that nobody knows',
      () => replaced(['multiAz: true', 'multiAz: yes']),
      /^narx\.config\.ts: line \d+ cannot be loaded: yes is not defined\.$/,
    ],
    [
      'another export',
      () => replaced(['export const config:', 'export const konfig:']),
      /^narx\.config\.ts: exports no config; .*\.$/,
    ],
    [
      'an import of nothing',
      () => `import './gone.ts';\n${sound}`,
      /^narx\.config\.ts cannot be loaded: Cannot find module .*gone\.ts.*\.$/,
    ],
  ])('is one line and exit code 1: %s', (_, text, line) => {
    const { status, stdout, lines } = run('npm start', text());
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(lines).toEqual([expect.stringMatching(line)]);
  });
});
