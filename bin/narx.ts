import { ConfigurationError } from '../functions/core/model/errors.ts';
import { createApp } from '../lib/app.ts';
import { loadConfig } from '../lib/config/load.ts';
import { readConfig } from '../lib/config/read.ts';
import { NarxStack } from '../lib/stack.ts';

/** `cdk synth -c stage=prod`, or `CDK_CONTEXT_JSON='{"stage":"prod"}' node bin/narx.ts`. */
const app = createApp();
const stage: unknown = app.node.tryGetContext('stage');

try {
  const config = await readConfig();
  new NarxStack(app, loadConfig(config, typeof stage === 'string' ? stage : 'dev'));
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  for (const fault of error.faults) console.error(fault);
  process.exitCode = 1;
}
