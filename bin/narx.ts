import { App } from 'aws-cdk-lib';
import { ConfigurationError } from '../functions/core/model/errors.ts';
import { createApp } from '../lib/app.ts';
import { loadConfig } from '../lib/config/load.ts';
import { config } from '../narx.config.ts';

/** `-c stage=prod` of the CDK CLI arrives as JSON in CDK_CONTEXT_JSON. */
const stage: unknown = new App().node.tryGetContext('stage');

try {
  createApp(loadConfig(config, typeof stage === 'string' ? stage : 'dev')).synth();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  for (const fault of error.faults) console.error(fault);
  process.exitCode = 1;
}
