import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { failures } from '../../drills/drill.ts';
import { drillFiles, loadDrills } from '../../drills/harness/registry.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const drills = await loadDrills();
const guide = read('docs/failure-modes.md');
/** Sections of docs/failure-modes.md by id: from their headings to the next. */
const sections = new Map(
  [...guide.matchAll(/^### (F\d\d) .*\n([\s\S]*?)(?=^##|(?![\s\S]))/gm)].map(([, id = '', text = '']) => [
    id,
    text,
  ]),
);

it('every file of drills/ that is called like one exports the drill of its name, and no id is there twice', () => {
  expect(drills.map(({ id }) => id)).toEqual(drillFiles().map(({ id }) => id));
  expect(new Set(drills.map(({ id }) => id)).size).toBe(drills.length);
});

describe.each(drills.map((drill) => [drill.id, drill] as const))('drill %s', (id, drill) => {
  it('has a mutation that can be applied: its text stands in the file exactly once', () => {
    const { file, find, replace } = drill.mutation;
    expect(read(file).split(find).length - 1, `${file}: ${find}`).toBe(1);
    expect(replace).not.toBe(find);
  });

  it('has a section in docs/failure-modes.md with its command', () => {
    expect(sections.get(id.slice(0, 3))).toContain(`npm run drill -- ${id.slice(0, 3)}`);
  });
});

it('docs/failure-modes.md claims no drill that is not there', () => {
  const claimed = [...guide.matchAll(/npm run drill -- (F\d\d[b-e]?)/g)].map(([, id]) => id);
  const there = drills.flatMap(({ id }) => [id, id.slice(0, 3)]);
  expect(claimed.filter((id) => !there.includes(id as (typeof there)[number]))).toEqual([]);
});

it('docs/failure-modes.md explains failures of the list only, each once, in order', () => {
  const ids = [...guide.matchAll(/^### (F\d\d) /gm)].map(([, id = '']) => id);
  expect(ids).toEqual([...new Set(ids)].sort());
  expect(ids.filter((id) => !(id in failures))).toEqual([]);
});
