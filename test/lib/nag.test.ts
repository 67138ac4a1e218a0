import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it, vi } from 'vitest';
import { createApp } from '../../lib/app.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { NarxStack } from '../../lib/stack.ts';
import { config } from '../../narx.config.ts';

// Loading the CDK and synthesizing takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

/** Rules that found something which is not acknowledged. The check is here and not in every synth, which it would slow. */
function findings(stage: string, spoil: (stack: NarxStack) => void = () => undefined): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'narx-nag-'));
  const app = createApp({ outdir, bundling: false, validation: true });
  spoil(new NarxStack(app, loadConfig(config, stage)));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch (error) {
    if ((error as Error).name !== 'ValidationFailed') throw error;
  }
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as {
    pluginReports: { pluginName: string; violations: { ruleName: string }[] }[];
  };
  return report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
}

describe('cdk-nag’s AWS Solutions rules, and the CDK’s own of CloudFormation,', () => {
  // The other stages are dev with other numbers (stages.test.ts).
  it.each(['prod', 'dev'])('find nothing in stage %s but what is acknowledged with a reason', (stage) => {
    expect(findings(stage)).toEqual([]);
  });

  it('do run: a bucket that is open to plain connections is found', () => {
    expect(findings('dev', (stack) => new Bucket(stack, 'Open'))).toEqual(
      expect.arrayContaining(['AwsSolutions-S1', 'AwsSolutions-S10']),
    );
  });
});
