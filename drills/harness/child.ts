/**
 * One drill in a process of its own: its emulators and its signal handlers must not share an event loop with another's.
 * Called by the runner with the drill's id, its folder, the synthesized stage, the folder that drills share and the seed; tells
 * its parent by messages.
 */
import { fileURLToPath } from 'node:url';
import { perform } from './perform.ts';
import { loadDrills } from './registry.ts';
import type { DrillResult } from './result.ts';

export type ChildMessage = { phase: { seconds: number; text: string } } | { result: DrillResult };

const [id = '', folder = '', templateDir = '', shared = '', seed = ''] = process.argv.slice(2);
const root = fileURLToPath(new URL('../..', import.meta.url));
const send = (message: ChildMessage): void => {
  process.send?.(message);
};
const [drill] = (await loadDrills([id])).filter((candidate) => candidate.id === id);
if (!drill) throw new Error(`There is no drill ${id}.`);
// Whoever kills the runner outright ends the drill with it: its stack is stopped as at Ctrl-C.
const orphaned = (): boolean => process.kill(process.pid, 'SIGTERM');
process.once('disconnect', orphaned);
const tell = (seconds: number, text: string): void => send({ phase: { seconds, text } });
await perform(drill, { root, folder, templateDir, shared, seed: Number(seed), tell }, (result) =>
  send({ result }),
);
// A pass that was given up may still wait for something: nothing of it matters any more.
process.off('disconnect', orphaned);
process.disconnect?.();
process.exit(0);
