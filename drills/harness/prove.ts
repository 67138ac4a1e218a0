import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Drill } from '../drill.ts';
import type { DrillResult } from './result.ts';
import { type RunOptions, runDrill } from './runner.ts';
import { copyTree, mutate } from './tree.ts';

export interface Proof {
  id: string;
  /** What was switched off. */
  removed: string;
  /** The drill failed, and for the reason that it names. */
  proven: boolean;
  /** What failed, or why it proves nothing. */
  because: string;
  seconds: number;
}

/** Runs a drill on a copy of the sources in which its protection is switched off: it must fail, and for the reason it names. */
export async function prove(
  drill: Drill,
  options: RunOptions,
): Promise<{ proof: Proof; result: DrillResult }> {
  const { mutation } = drill;
  const copy = join(options.folder, `${drill.id}-mutated`);
  copyTree(options.root, copy);
  mutate(copy, mutation);
  const result = await runDrill(drill, { ...options, root: copy, folder: join(copy, '.narx') });
  const proof = {
    id: drill.id,
    removed: mutation.removes,
    seconds: result.seconds,
    ...judge(result, mutation.failsWith),
  };
  if (proof.proven && !options.keep) rmSync(copy, { recursive: true, force: true });
  return { proof, result };
}

function judge(result: DrillResult, failsWith: RegExp): Pick<Proof, 'proven' | 'because'> {
  const [first = ''] = result.failed;
  if (result.row.pass) return { proven: false, because: 'the drill passes without its protection' };
  if (result.broken) return { proven: false, because: first };
  const expected = result.failed.find((reason) => failsWith.test(reason));
  return expected === undefined
    ? { proven: false, because: `it fails for another reason than ${failsWith}: ${first}` }
    : { proven: true, because: expected };
}
