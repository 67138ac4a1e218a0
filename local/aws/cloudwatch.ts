import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { MetricCollector } from '../metrics/collector.ts';
import { callerOf } from './caller.ts';
import { type Fault, loseAnswer, playFault } from './fault.ts';
import { listenOnLoopback, readBody } from './http.ts';
import { systemTime } from './time.ts';

export interface CloudWatchServer {
  /** What a client's `endpoint` takes. */
  url: string;
  /** Where the values are; until then there are none. */
  connect(metrics: MetricCollector): void;
  close(): Promise<void>;
}

const maxRequestBytes = 256 * 1024;
/** As AWS limits one answer. */
const maxDatapoints = 100_800;

const getMetricData = z.object({
  StartTime: z.number(),
  EndTime: z.number(),
  ScanBy: z.enum(['TimestampAscending', 'TimestampDescending']).default('TimestampDescending'),
  MetricDataQueries: z.array(
    z.object({
      Id: z.string(),
      MetricStat: z.object({
        Metric: z.object({
          Namespace: z.string(),
          MetricName: z.string(),
          Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
        }),
        Period: z.number().int().positive(),
        Stat: z.string(),
      }),
    }),
  ),
});
type GetMetricData = z.output<typeof getMetricData>;

/**
 * GetMetricData of CloudWatch (AWS JSON 1.0) on the loopback interface, for the values that the local stack collects. Periods are
 * scaled as everywhere, instants are not: a period of an hour is so many real seconds wide. No metric math.
 */
export async function startCloudWatch(options: {
  timeScale: number;
  onRequest?: (operation: string, resource: string | null, caller: string | null) => Fault | undefined;
}): Promise<CloudWatchServer> {
  let collector: MetricCollector | null = null;
  const server = await listenOnLoopback(0, serve);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await readBody(request, maxRequestBytes)) ?? Buffer.alloc(0);
    const operation = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
    const input = operation === 'GetMetricData' ? getMetricData.safeParse(parse(body)) : null;
    const resource = input?.data?.MetricDataQueries[0]?.MetricStat.Metric.MetricName ?? null;
    const fault = options.onRequest?.(operation, resource, callerOf(request.headers));
    if (fault?.fault === 'error') return refuse(response, fault.status, fault.code, fault.message);
    const { serve: serving, answer: heard } = await playFault(fault, response, systemTime);
    if (!serving) return;
    if (!heard) loseAnswer(response);
    if (input === null)
      return refuse(response, 400, 'UnknownOperationException', `There is no ${operation} here.`);
    if (!input.success) return refuse(response, 400, 'InvalidParameterValueException', input.error.message);
    send(response, 200, answer(input.data, collector, options.timeScale));
  }

  return {
    url: server.url,
    connect: (metrics) => {
      collector = metrics;
    },
    close: () => server.close(),
  };
}

function answer(input: GetMetricData, collector: MetricCollector | null, timeScale: number): object {
  const MetricDataResults = input.MetricDataQueries.map(({ Id, MetricStat }) => {
    const points = collector === null ? [] : pointsOf(input, MetricStat, collector, timeScale);
    return {
      Id,
      Label: MetricStat.Metric.MetricName,
      StatusCode: 'Complete',
      Timestamps: points.map(([at]) => at / 1000),
      Values: points.map(([, value]) => value),
    };
  });
  return { MetricDataResults, Messages: [] };
}

/** Beginning of each period that has data, in real milliseconds, and its value. Periods begin at multiples of themselves. */
function pointsOf(
  { StartTime, EndTime, ScanBy }: GetMetricData,
  { Metric, Period, Stat }: GetMetricData['MetricDataQueries'][number]['MetricStat'],
  collector: MetricCollector,
  timeScale: number,
): [number, number][] {
  const width = Math.max(collector.resolutionMs, Period * 1000 * timeScale);
  const dimensions = Object.fromEntries(Metric.Dimensions.map(({ Name, Value }) => [Name, Value]));
  const oldest = Date.now() - collector.retentionMs;
  const first = Math.floor(Math.max(StartTime * 1000, oldest) / width) * width;
  const points: [number, number][] = [];
  for (let at = first; at < EndTime * 1000 && points.length < maxDatapoints; at += width) {
    const value = collector.statistic(Metric.Namespace, Metric.MetricName, dimensions, Stat, at, at + width);
    if (value !== null) points.push([at, value]);
  }
  return ScanBy === 'TimestampAscending' ? points : points.reverse();
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString() || '{}');
  } catch {
    return null;
  }
}

function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message = 'Refused by a drill.',
): void {
  send(response, status, { __type: `com.amazonaws.cloudwatch#${code}`, message });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}
