import { type LoopbackServer, listenOnLoopback } from './aws/http.ts';
import type { AlarmStatus } from './metrics/alarms.ts';

/** Tells other processes of this machine how the alarms stand, as JSON: the local stack has no CloudWatch to ask. */
export async function serveAlarms(alarms: () => AlarmStatus[]): Promise<LoopbackServer> {
  return await listenOnLoopback(0, async (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(alarms()));
  });
}
