import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { failures } from '../../drills/drill.ts';
import { type AlarmId, catalogue } from '../../lib/alarms/catalogue.ts';
import type { AlarmDefinition } from '../../lib/alarms/definition.ts';

const guide = readFileSync('docs/failure-modes.md', 'utf8');
/** By failure, what its section says. */
const sections = new Map(
  [...guide.matchAll(/^### (F\d\d) .*\n([\s\S]*?)(?=^##|(?![\s\S]))/gm)].map(([, id = '', text = '']) => [
    id,
    text,
  ]),
);
const alarms = Object.entries(catalogue) as [AlarmId, AlarmDefinition][];

it('every section says how the failure is seen', () => {
  for (const [id, text] of sections) expect(text, id).toMatch(/^\*\*How it is seen\.\*\* \S/m);
});

describe.each(alarms)('alarm %s', (id, { failureModes }) => {
  it('is for failures of the analysis, and one of those that are explained names it', () => {
    expect(failureModes.filter((failure) => !(failure in failures))).toEqual([]);
    const explained = failureModes.filter((failure) => sections.has(failure));
    if (explained.length === 0) return;
    expect(
      explained.filter((failure) => sections.get(failure)?.includes(`\`${id}\``)),
      `named in the section of ${explained.join(' or ')}`,
    ).not.toEqual([]);
  });
});
