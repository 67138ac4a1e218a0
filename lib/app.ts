import { createRequire } from 'node:module';
import { App } from 'aws-cdk-lib';

/** What aws-cdk-lib recommends to new projects; its version is pinned, so that these change only with it. */
const featureFlags: Record<string, unknown> = createRequire(import.meta.url)(
  'aws-cdk-lib/recommended-feature-flags.json',
);

/**
 * An empty CDK app. All that decides what a template looks like is set here rather than in cdk.json, so that the CDK CLI,
 * the local stack and the tests get the same one. It writes nothing before `synth` is called.
 */
export function createApp(options: { outdir?: string; bundling?: boolean; validation?: boolean } = {}): App {
  return new App({
    autoSynth: false,
    analyticsReporting: false,
    treeMetadata: false,
    // Would be half of the time that a synthesis takes; test/lib/nag.test.ts runs these rules, and more.
    builtinCloudFormationValidation: options.validation === true,
    ...(options.outdir === undefined ? {} : { outdir: options.outdir }),
    context: {
      ...featureFlags,
      // `sam local` finds the code of a function by this metadata.
      'aws:cdk:enable-asset-metadata': true,
      'aws:cdk:enable-path-metadata': true,
      ...(options.bundling === false ? { 'aws:cdk:bundling-stacks': [] } : {}),
    },
  });
}
