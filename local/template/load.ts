import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { withNested } from './nested.ts';

/** One resource as CloudFormation declares it; values may still hold intrinsics. */
export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
  DependsOn?: string | string[];
  Metadata?: Record<string, unknown>;
}

/** A template as it was synthesized, with what pseudo parameters stand for. Nothing is resolved yet. */
export interface Template {
  stackName: string;
  region: string;
  accountId: string;
  /** Absolute folder that holds the assets. */
  folder: string;
  resources: Record<string, Resource>;
  /** Defaults of the template's parameters. */
  parameters: Record<string, unknown>;
}

interface Manifest {
  artifacts?: Record<string, { type: string; properties?: { templateFile?: string; stackName?: string } }>;
}

/**
 * Reads one stack of a folder that `cdk synth` wrote, with its nested stacks as parts of it. Throws one sentence when the folder holds no synthesized app, no
 * such stack, or several stacks and no name was given.
 */
export function loadTemplate(
  folder: string,
  options: { stackName?: string | undefined; region?: string; accountId?: string } = {},
): Template {
  const manifestFile = path.join(folder, 'manifest.json');
  if (!existsSync(manifestFile))
    throw new Error(`${folder} holds no synthesized app (no manifest.json): run \`npx cdk synth\` first.`);
  const manifest = readJson(manifestFile) as Manifest;
  const stacks = Object.entries(manifest.artifacts ?? {}).flatMap(([id, artifact]) =>
    artifact.type === 'aws:cloudformation:stack' && artifact.properties?.templateFile
      ? [{ name: artifact.properties.stackName ?? id, file: artifact.properties.templateFile }]
      : [],
  );
  const names = stacks.map((stack) => stack.name).join(', ') || 'none';
  const found = stacks.filter((stack) => options.stackName === undefined || stack.name === options.stackName);
  const [stack] = found;
  if (!stack) throw new Error(`${folder} has no stack ${options.stackName ?? ''}; it has ${names}.`);
  if (found.length > 1) throw new Error(`${folder} has several stacks; name one of ${names}.`);
  const template = readJson(path.join(folder, stack.file)) as {
    Resources?: Record<string, Resource>;
    Parameters?: Record<string, { Default?: unknown }>;
  };
  return {
    stackName: stack.name,
    region: options.region ?? 'eu-central-1',
    accountId: options.accountId ?? '000000000000',
    folder: path.resolve(folder),
    resources: withNested(template.Resources ?? {}, (logicalId, { Metadata }) => {
      const file = Metadata?.['aws:asset:path'];
      if (typeof file !== 'string') throw new Error(`${logicalId} does not say where its template is.`);
      return (readJson(path.join(folder, file)) as { Resources?: Record<string, Resource> }).Resources ?? {};
    }),
    parameters: Object.fromEntries(
      Object.entries(template.Parameters ?? {}).map(([name, parameter]) => [name, parameter.Default]),
    ),
  };
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
