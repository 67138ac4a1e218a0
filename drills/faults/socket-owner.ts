import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Which of the processes has the socket whose own end on loopback is this port. Linux only, by /proc. */
export function ownerOfPort(port: number, pids: readonly number[]): number | undefined {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((text) => text.trim().split(/\s+/))
    .find((fields) => fields[1] === local);
  const inode = line?.[9];
  if (inode === undefined) return undefined;
  return pids.find((pid) => links(`/proc/${pid}/fd`).includes(`socket:[${inode}]`));
}

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
