import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, vi } from 'vitest';

// Loading the CDK and synthesizing takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

/** The app as the CDK CLI and the local stack start it. */
async function run(stage: string): Promise<{ code: number; stderr: string; stdout: string; outdir: string }> {
  const outdir = join(mkdtempSync(join(tmpdir(), 'narx-app-')), 'out');
  const env = { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ stage }) };
  try {
    const output = await promisify(execFile)(process.execPath, ['bin/narx.ts'], { env });
    return { code: 0, outdir, ...output };
  } catch (error) {
    const { code, stderr, stdout } = error as { code: number; stderr: string; stdout: string };
    return { code, stderr, stdout, outdir };
  }
}

it('a fault in the configuration is a line on stderr and exit code 1, before anything is synthesized', async () => {
  const { code, stderr, stdout, outdir } = await run('prd');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe('stage: prd is not a stage of narx.config.ts; use prod instead.\n');
  expect(existsSync(join(outdir, 'manifest.json'))).toBe(false);
});

it('a sound stage is synthesized without a word, code and migrations included', async () => {
  const { code, stderr, stdout, outdir } = await run('local');
  expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout: '' });
  expect(existsSync(join(outdir, 'narx-local.template.json'))).toBe(true);
  for (const service of ['dispatch', 'scrape', 'store', 'due', 'migrate', 'audit'])
    expect(existsSync(join(outdir, 'bundles', service, 'index.mjs')), service).toBe(true);
  expect(existsSync(join(outdir, 'bundles', 'migrate', 'db', 'retail', 'migrations'))).toBe(true);
});
