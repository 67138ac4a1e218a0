import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A connection on loopback as the process at one end sees it: its own port, and the other end's. */
export interface Ends {
  own: number;
  other: number;
}

/** Which of the processes has the socket at this end of a connection on loopback. Linux only, by /proc. */
export function ownerOfSocket(ends: Ends, pids: readonly number[]): number | undefined {
  const inode = inodeOf(readFileSync('/proc/net/tcp', 'utf8'), ends);
  if (inode === undefined) return undefined;
  return pids.find((pid) => links(`/proc/${pid}/fd`).includes(`socket:[${inode}]`));
}

/**
 * Reads the text of /proc/net/tcp. A port alone is not enough: others may have connections from the same one to elsewhere,
 * above all those that have just been closed and wait for a minute (TIME_WAIT).
 */
export function inodeOf(table: string, { own, other }: Ends): string | undefined {
  const [local, remote] = [own, other].map(address);
  return table
    .split('\n')
    .map((text) => text.trim().split(/\s+/))
    .find((fields) => fields[1] === local && fields[2] === remote)?.[9];
}

const address = (port: number) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;

function links(folder: string): string[] {
  return orGone(() => readdirSync(folder), []).map((name) =>
    orGone(() => readlinkSync(`${folder}/${name}`), ''),
  );
}

/** Of a process, or of one file of it, that goes meanwhile: a worker opens and closes sockets all the time. */
function orGone<T>(look: () => T, gone: T): T {
  try {
    return look();
  } catch {
    return gone;
  }
}
