import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DrillFailure } from '../drill.ts';
import type { World } from '../harness/world.ts';

/**
 * Puts other code of a service into operation, as a deployment does: a changed copy of its bundle, which its next environments
 * load; the present ones are ended. Call it while the service rests. Returns what puts the first code back in the same way.
 */
export function deploy(world: World, service: string, change: (code: string) => string): () => void {
  const { host, model } = world.stack;
  const functions = host.functions().filter(({ name }) => name.startsWith(`${model.stackName}-${service}`));
  const before = functions.map((spec) => spec.codeDir);
  const restart = () =>
    world.processes.signal(
      'SIGKILL',
      functions.flatMap(({ name }) => host.pids()[name] ?? []),
    );
  for (const spec of functions) {
    // Not beside the code: drills that run at the same time share what was synthesized.
    const folder = mkdtempSync(join(world.folder, `${spec.name}-`));
    cpSync(spec.codeDir, folder, { recursive: true });
    const file = join(folder, 'index.mjs');
    const code = readFileSync(file, 'utf8');
    const changed = change(code);
    if (changed === code) throw new DrillFailure(`${spec.name} changes with the deployment: it does not`);
    writeFileSync(file, changed);
    spec.codeDir = folder;
  }
  restart();
  return () => {
    for (const [index, spec] of functions.entries()) spec.codeDir = before[index] ?? spec.codeDir;
    restart();
  };
}
