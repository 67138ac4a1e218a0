import { App } from 'aws-cdk-lib';
import type { StageConfig } from './config/schema.ts';
import { featureFlags } from './feature-flags.ts';
import { NarxStack } from './stack.ts';

/**
 * The CDK app of one stage. All that decides what the template looks like is here rather than in cdk.json, so that the CDK
 * CLI, the local stack and the tests get the same one.
 */
export function createApp(config: StageConfig, options: { outdir?: string; bundling?: boolean } = {}): App {
  const app = new App({
    analyticsReporting: false,
    treeMetadata: false,
    ...(options.outdir === undefined ? {} : { outdir: options.outdir }),
    context: {
      ...featureFlags,
      // `sam local` finds the code of a function by this metadata.
      'aws:cdk:enable-asset-metadata': true,
      'aws:cdk:enable-path-metadata': true,
      ...(options.bundling === false ? { 'aws:cdk:bundling-stacks': [] } : {}),
    },
  });
  new NarxStack(app, config);
  return app;
}
