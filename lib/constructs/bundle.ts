import { cpSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stack, Stage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import type { Settings } from '../config/schema.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** By app, so that a second synth in one process sees changed sources. */
const bundled = new WeakSet<Stage>();

/**
 * The code of `functions/<service>.lambda.ts` with all its dependencies in one `index.mjs`, readable rather than minified: a
 * stack trace must make sense without a source map. migrate also gets the SQL of `db/`, beside `index.mjs`.
 * Functions of the same service share one asset. Without bundling (tests that only read the template) it is the source.
 */
export function bundle(scope: Construct, services: Settings['functions'], service: string): Code {
  const stage = Stage.of(scope);
  if (stage === undefined || !Stack.of(scope).bundlingRequired)
    return Code.fromAsset(join(root, 'functions'));
  const folder = join(stage.outdir, 'bundles');
  if (!bundled.has(stage)) build(Object.keys(services), folder);
  bundled.add(stage);
  return Code.fromAsset(join(folder, service));
}

/** One call of esbuild for all: NodejsFunction would start it through npx for each, five seconds more a synth. */
function build(services: string[], folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  buildSync({
    entryPoints: services.map((service) => ({
      in: join(root, 'functions', `${service}.lambda.ts`),
      out: join(service, 'index'),
    })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    // An optional native driver that pg asks for and that is not installed.
    external: ['pg-native'],
    // CommonJS dependencies call `require`, which an ES module does not have.
    banner: {
      js: "import { createRequire as narxCreateRequire } from 'node:module'; const require = narxCreateRequire(import.meta.url);",
    },
    legalComments: 'none',
    logLevel: 'error',
  });
  // `schema.sql` is for reviewers: it must not make a new version of the function.
  cpSync(join(root, 'db'), join(folder, 'migrate', 'db'), {
    recursive: true,
    filter: (file) => basename(file) !== 'schema.sql',
  });
}
