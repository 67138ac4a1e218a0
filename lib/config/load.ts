import type { MarketplaceManifest } from '../../functions/contract/manifest.ts';
import { ConfigurationError } from '../../functions/core/model/errors.ts';
import { manifests } from '../../functions/marketplaces/manifests.ts';
import { checks } from './checks.ts';
import { type Fault, nearest, schemaFaults, sentence, show } from './faults.ts';
import { isTree, mergeDeeply, without } from './merge.ts';
import { type ConfigInput, type PartOf, type Settings, type StageConfig, settingsSchema } from './schema.ts';

/**
 * The settings of one stage: its overrides merged into the file's, then checked. Throws one ConfigurationError with
 * every fault of form and of every cross-check whose own inputs are sound: those of the stage, then what only the
 * file's other stages get wrong, so that a fault is not first met at the next deployment.
 */
export function loadConfig(
  input: ConfigInput,
  stage: string,
  known: readonly MarketplaceManifest[] = manifests,
): StageConfig {
  const stages = stagesOf(input);
  if (!Object.hasOwn(stages, stage))
    throw new ConfigurationError([
      `stage: ${stage} is not a stage of narx.config.ts; ${nearest(stage, Object.keys(stages))}.`,
    ]);
  const manifestById = new Map(known.map((manifest) => [manifest.id, manifest]));
  const asked = check(input, stage, manifestById);
  const sentences: string[] = [];
  const told = new Set<string>();
  const tell = ({ sentence, place, group }: Told): void => {
    sentences.push(sentence);
    told.add(place).add(group);
  };
  asked.faults.forEach(tell);
  for (const other of Object.keys(stages))
    for (const fault of check(input, other, manifestById).faults)
      if (!told.has(fault.crossed ? fault.group : fault.place)) tell(fault);
  if (asked.settings === null || sentences.length > 0) throw new ConfigurationError(sentences);
  return { ...asked.settings, stage };
}

function stagesOf(input: unknown): Record<string, unknown> {
  if (!isTree(input))
    throw new ConfigurationError([`config: is ${show(input)}; give a group of settings in braces instead.`]);
  if (!isTree(input['stages']))
    throw new ConfigurationError([
      `stages: ${input['stages'] === undefined ? 'is missing' : `is ${show(input['stages'])}`}; give a group with an entry for each stage, such as dev: {}.`,
    ]);
  return input['stages'];
}

/** A fault as it is told. One mistake can break a cross-check differently in each stage: its `group` is told of once. */
interface Told {
  sentence: string;
  crossed: boolean;
  place: string;
  /** `marketplaces.uzum` */
  group: string;
}

interface Checked {
  /** Null when a fault of form leaves none. */
  settings: Settings | null;
  faults: Told[];
}

function check(
  input: ConfigInput,
  stage: string,
  manifestById: ReadonlyMap<string, MarketplaceManifest>,
): Checked {
  const { stages, ...base } = input;
  const overrides: unknown = stages[stage];
  const own = (message: string): Told => {
    const place = `stages.${stage}`;
    return { sentence: `${place}: ${message}.`, crossed: false, place, group: place };
  };
  if (!/^[a-z][a-z0-9]{1,9}$/.test(stage)) {
    const message = 'the name becomes part of resource names; use 2 to 10 lower case letters and digits';
    return { settings: null, faults: [own(message)] };
  }
  if (!isTree(overrides)) {
    const message = `is ${show(overrides)}; give a group of settings in braces instead`;
    return { settings: null, faults: [own(message)] };
  }
  const merged = mergeDeeply(base, overrides);
  const result = settingsSchema.safeParse(merged, { reportInput: true });
  const formal = result.success ? [] : schemaFaults(result.error.issues);
  // What remains after the faulty values are taken out has the schema's types, with gaps.
  const sound = without(
    merged,
    formal.map((fault) => fault.path),
  ) as PartOf<Settings>;
  const crossed = checks.flatMap((crossCheck) => [...crossCheck(sound, manifestById)]);
  const toldOf =
    (crossed: boolean) =>
    (fault: Fault): Told => ({
      sentence: sentence(fault, stage, overrides),
      crossed,
      place: fault.path.map(String).join('.'),
      group: fault.path.slice(0, 2).map(String).join('.'),
    });
  const faults = [...formal.map(toldOf(false)), ...crossed.map(toldOf(true))];
  return { settings: result.success ? result.data : null, faults };
}
