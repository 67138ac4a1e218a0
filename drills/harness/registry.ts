import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Drill, type FailureId, failures } from '../drill.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** Ids of the drills by the names of their files, `F17-killed-workers.ts`, in order. */
export function drillFiles(): { id: string; file: string }[] {
  return readdirSync(folder)
    .flatMap((file) => {
      const id = /^(F\d\d[b-e]?)-[a-z0-9-]+\.ts$/.exec(file)?.[1];
      return id === undefined ? [] : [{ id, file }];
    })
    .sort((a, b) => a.id.localeCompare(b.id));
}

/** Loads the drills with these ids, or all of them. An id without a letter stands for all drills of the failure. */
export async function loadDrills(ids: readonly string[] = []): Promise<Drill[]> {
  const chosen = drillFiles().filter(
    ({ id }) => ids.length === 0 || ids.some((wanted) => wanted === id || wanted === id.slice(0, 3)),
  );
  return Promise.all(chosen.map(({ file }) => loadDrill(file)));
}

async function loadDrill(file: string): Promise<Drill> {
  const { drill } = (await import(new URL(`../${file}`, import.meta.url).href)) as { drill?: Drill };
  if (!drill) throw new Error(`drills/${file} exports no drill.`);
  return drill;
}

/** The failure of an id that has no drill; null where there is no such failure. */
export function failureWithout(id: string): string | null {
  return failures[id as FailureId] ?? null;
}
