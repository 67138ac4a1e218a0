import type { Drill } from './drill.ts';
import { deploy } from './faults/deployment.ts';

/**
 * 200 KB twenty times a second, and 360 MB that are never given back: with the 80 to 140 of its own that is more than 85 % of
 * what the audit has, and not yet all.
 */
const flood = `
const payload = 'x'.repeat(200_000);
setInterval(() => console.log(payload), 50).unref();
globalThis.hoard = Buffer.alloc(360_000_000, 1);
`;

export const drill: Drill = {
  id: 'F52',
  failure: 'a version is deployed that writes payloads to its log and keeps what it has read in memory',
  mutation: {
    file: 'lib/alarms/functions.ts',
    find: "            'IncomingBytes',\n",
    replace: "            'IncomingLogEvents',\n",
    removes: 'the count of bytes: an alarm on a metric that nobody gives out',
    failsWith: /^alarm log-volume goes to ALARM/,
  },
  // An hour takes 18 s; the sweep before is given its time.
  stack: { stage: 'drillhours', timeScale: 0.005 },
  limitSeconds: 240,
  async run(world) {
    const { alarms, passes, session } = world;
    await passes.sweep().done;
    await alarms.areOk(['log-volume', 'memory-used']);
    const said = world.log.map(({ line }) => line);
    const titles: string[] = [];
    for await (const { title } of session.simulator.truth('uzum', 0)) titles.push(title);
    world.check(
      'lines of the log that hold a product',
      said.filter((line) => titles.some((title) => line.includes(title))).slice(0, 3),
      [],
    );
    world.checkThat('lines were logged', said.length > 20, `${said.length}`);

    const rollBack = await world.inject('an audit that floods its log is deployed', () =>
      deploy(world, 'audit', (code) => `${code}${flood}`),
    );
    await alarms.fires('memory-used');
    await alarms.fires('log-volume');
    rollBack();
    await alarms.clears('memory-used');
    await alarms.clears('log-volume');
    world.recovered();
  },
};
