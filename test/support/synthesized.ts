import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CfnStack, NestedStack, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { createApp } from '../../lib/app.ts';
import { loadConfig } from '../../lib/config/load.ts';
import type { ConfigInput } from '../../lib/config/schema.ts';
import { NarxStack } from '../../lib/stack.ts';
import { withNested } from '../../local/template/nested.ts';
import { config } from '../../narx.config.ts';

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DependsOn?: string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

/** The file's configuration with Uzum alone, so that a list of resources does not grow with every marketplace. */
export const uzumOnly: ConfigInput = {
  ...config,
  marketplaces: Object.fromEntries(
    Object.entries(config.marketplaces).map(([id, settings]) => [
      id,
      { ...settings, enabled: id === 'uzum' },
    ]),
  ),
};

/** The resources of a stage, those of nested stacks included, without bundling its code. */
export function synthesized(stage: string, input: ConfigInput = uzumOnly): Map<string, Resource> {
  const app = createApp({ outdir: mkdtempSync(join(tmpdir(), 'narx-template-')), bundling: false });
  const stack = new NarxStack(app, loadConfig(input, stage));
  const resourcesOf = (of: Stack) =>
    (Template.fromStack(of).toJSON() as { Resources: Record<string, Resource> }).Resources;
  const nested = new Map(
    stack.node
      .findAll()
      .filter((construct) => construct instanceof NestedStack)
      .map((one) => [stack.getLogicalId(one.nestedStackResource as CfnStack), one]),
  );
  const flat = withNested(resourcesOf(stack), (logicalId) => {
    const found = nested.get(logicalId);
    if (found === undefined) throw new Error(`There is no nested stack ${logicalId}.`);
    return resourcesOf(found);
  });
  return new Map(Object.entries(flat));
}

/** Those of one type, with their logical ids. */
export function ofType(resources: Map<string, Resource>, type: string): [string, Resource['Properties']][] {
  return [...resources]
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => [id, Properties]);
}

/** Every object in a value, itself included, with the path to it. */
export function* objectsIn(
  value: unknown,
  path: string[] = [],
): Generator<{ path: string[]; object: Record<string, unknown> }> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield { path, object: value as Record<string, unknown> };
  for (const [key, inner] of Object.entries(value)) yield* objectsIn(inner, [...path, key]);
}

/** A text of the template as it reads once it is deployed; what it refers to appears by name. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { 'Fn::Join': join, Ref: ref, 'Fn::GetAtt': attribute } = value as Record<string, unknown>;
  if (Array.isArray(join)) return (join[1] as unknown[]).map(textOf).join(String(join[0]));
  return Array.isArray(attribute) ? attribute.join('.') : String(ref);
}
