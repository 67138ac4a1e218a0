import { spawnSync } from 'node:child_process';
import { chownSync, readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const nobody = 65534;

/** How to start a PostgreSQL program: words before its own, and the user id to spawn it with. */
export interface Account {
  prefix: string[];
  ids: { uid: number; gid: number } | null;
}

/**
 * PostgreSQL refuses to run as root. Root therefore starts it in a user namespace in which root is called nobody: that
 * needs no account, no chown, and reaches folders that only root may enter. Where namespaces are forbidden it is
 * spawned as nobody, who must then own `folder` and be able to read the programs.
 */
export function unprivilegedAccount(folder: string): Account {
  if (process.getuid?.() !== 0) return { prefix: [], ids: null };
  const prefix = ['unshare', '--user', `--map-user=${nobody}`, `--map-group=${nobody}`];
  if (spawnSync('unshare', [...prefix.slice(1), 'true']).status === 0) return { prefix, ids: null };
  giveToNobody(folder);
  return { prefix: [], ids: { uid: nobody, gid: nobody } };
}

function giveToNobody(folder: string): void {
  chownSync(folder, nobody, nobody);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const child = path.join(folder, entry.name);
    if (entry.isDirectory()) giveToNobody(child);
    else if (entry.isFile()) chownSync(child, nobody, nobody);
  }
}
