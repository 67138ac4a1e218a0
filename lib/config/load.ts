import type { MarketplaceManifest } from '../../functions/contract/manifest.ts';
import { ConfigurationError } from '../../functions/core/model/errors.ts';
import { manifests } from '../../functions/marketplaces/manifests.ts';
import { checks } from './checks.ts';
import { nearest, schemaFaults, sentence } from './faults.ts';
import { mergeDeeply, without } from './merge.ts';
import { type ConfigInput, type PartOf, type Settings, type StageConfig, settingsSchema } from './schema.ts';

/**
 * The settings of one stage: its overrides merged into the file's, then checked. Throws one ConfigurationError with
 * every fault of form and of every cross-check whose own inputs are sound.
 */
export function loadConfig(
  input: ConfigInput,
  stage: string,
  known: readonly MarketplaceManifest[] = manifests,
): StageConfig {
  const { stages, ...base } = input;
  if (!Object.hasOwn(stages, stage))
    throw new ConfigurationError([
      `stage: ${stage} is not a stage of narx.config.ts; ${nearest(stage, Object.keys(stages))}.`,
    ]);
  if (!/^[a-z][a-z0-9]{1,9}$/.test(stage))
    throw new ConfigurationError([
      `stages.${stage}: the name becomes part of resource names; use 2 to 10 lower case letters and digits.`,
    ]);
  const overrides = stages[stage];
  const merged = mergeDeeply(base, overrides);
  const result = settingsSchema.safeParse(merged, { reportInput: true });

  const formal = result.success ? [] : schemaFaults(result.error.issues);
  // What remains after the faulty values are taken out has the schema's types, with gaps.
  const sound = without(
    merged,
    formal.map((fault) => fault.path),
  ) as PartOf<Settings>;
  const manifestById = new Map(known.map((manifest) => [manifest.id, manifest]));
  const crossed = checks.flatMap((check) => [...check(sound, manifestById)]);
  if (!result.success || crossed.length > 0)
    throw new ConfigurationError([...formal, ...crossed].map((fault) => sentence(fault, stage, overrides)));
  return { ...result.data, stage };
}
