import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inodeOf, ownerOfSocket } from '../../drills/faults/socket-owner.ts';

let server: Server;
let client: Socket;
beforeAll(async () => {
  server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  client = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  await once(client, 'connect');
});
afterAll(async () => {
  client.destroy();
  server.close();
  await once(server, 'close');
});

it('finds the process at one end of a connection', () => {
  const ends = { own: client.localPort ?? 0, other: client.remotePort ?? 0 };
  expect(ownerOfSocket(ends, [1, process.pid])).toBe(process.pid);
  expect(ownerOfSocket({ ...ends, other: 1 }, [1, process.pid])).toBeUndefined();
  expect(ownerOfSocket(ends, [])).toBeUndefined();
});

it('takes no other connection of the same port for it, open or closed a moment ago', () => {
  const row = (local: string, remote: string, state: string, inode: number) =>
    `  92: 0100007F:${local} 0100007F:${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000`;
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    row('B872', 'B037', '06', 0),
    row('AEF9', 'B872', '01', 7),
    row('B872', '982F', '01', 8),
    row('B872', 'AEF9', '01', 9),
  ].join('\n');
  expect(inodeOf(table, { own: 0xb872, other: 0xaef9 })).toBe('9');
  expect(inodeOf(table, { own: 0xaef9, other: 0xb872 })).toBe('7');
  expect(inodeOf(table, { own: 0xb873, other: 0xaef9 })).toBeUndefined();
});
