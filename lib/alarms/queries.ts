import { Stack } from 'aws-cdk-lib';
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { NarxFunction } from '../constructs/narx-function.ts';
import { logicalId, resourceName } from '../names.ts';

type Service = NarxFunction['service'];

interface SavedQuery {
  /** What one asks it; also its name in the console. */
  name: string;
  /** It is asked of the logs of these functions; `all` of every function that the stage has. */
  services: readonly Service[] | 'all';
  /** Logs Insights; the pages of the runbook have the same text. */
  query: string;
}

/** What the pages of the runbook ask of the logs, and the path of one sweep, job or request through all of them. */
export const savedQueries: readonly SavedQuery[] = [
  {
    name: 'errors',
    services: 'all',
    query:
      'filter level = "ERROR" | fields @timestamp, marketplace, error.name, error.message | sort @timestamp desc | limit 20',
  },
  {
    name: 'one-sweep',
    services: 'all',
    // To be filled in by whoever asks: a query has no parameters.
    query:
      'filter sweep = "put the sweep here" | fields @timestamp, service, job, message | sort @timestamp asc | limit 1000',
  },
  {
    name: 'billed-seconds',
    services: 'all',
    query:
      'filter @type = "REPORT" | stats sum(@billedDuration) / 1000 as seconds, count() as runs by bin(1h)',
  },
  {
    name: 'durations',
    services: 'all',
    query:
      'filter @type = "REPORT" | stats pct(@duration, 50), pct(@duration, 99), max(@duration), max(@initDuration) by bin(10m)',
  },
  {
    name: 'memory-used',
    services: 'all',
    query:
      'filter @type = "REPORT" | stats max(@maxMemoryUsed / 1000000) as used, max(@memorySize / 1000000) as size by bin(30m)',
  },
  {
    name: 'memory-and-durations',
    services: 'all',
    query:
      'filter @type = "REPORT" | stats max(@maxMemoryUsed / 1000000), max(@duration), pct(@duration, 99) by bin(10m)',
  },
  {
    name: 'crashes',
    services: 'all',
    query:
      'filter @message like /Task timed out|Runtime\\.|signal: killed|Process exited/ | fields @timestamp, @message | sort @timestamp desc | limit 20',
  },
  {
    name: 'loudest-messages',
    services: 'all',
    query: 'stats count() as lines, sum(strlen(@message)) as bytes by message | sort bytes desc | limit 10',
  },
  {
    name: 'longest-lines',
    services: 'all',
    query: 'fields strlen(@message) as bytes, @message | sort bytes desc | limit 3',
  },
  {
    name: 'slots',
    services: ['dispatch'],
    query:
      'filter ispresent(marketplace) | fields @timestamp, marketplace, message, mode, outcome | sort @timestamp desc | limit 50',
  },
  {
    name: 'empty-pages',
    services: ['scrape'],
    query: 'filter ispresent(PagesEmpty) | stats sum(PagesEmpty), sum(PagesOk) by bin(5m)',
  },
  {
    name: 'old-shapes',
    services: ['scrape'],
    query: 'filter ispresent(PagesOldShape) | stats sum(PagesOldShape), sum(PagesOk) by bin(1h)',
  },
  {
    name: 'rejected-pages',
    services: ['scrape'],
    query:
      'filter message = "Page quarantined" and reason = "rejected" | stats count() by detail | sort by count desc | limit 20',
  },
  {
    name: 'what-pages-were',
    services: ['scrape'],
    query:
      'filter ispresent(PagesBlocked) or ispresent(PagesFailed) or ispresent(PagesThrottled) | stats sum(PagesOk), sum(PagesBlocked), sum(PagesThrottled), sum(PagesFailed), sum(PagesEmpty) by bin(5m)',
  },
  {
    name: 'visits',
    services: ['store'],
    query:
      'filter ispresent(VisitsStored) | stats sum(VisitsStored) + sum(VisitsUnchanged) as visits by bin(1h)',
  },
  {
    name: 'price-changes',
    services: ['store'],
    query:
      'filter ispresent(VisitsStored) | stats sum(VisitsStored), sum(VisitsUnchanged), sum(PricePointsAdded) by bin(1h)',
  },
  {
    name: 'migrations',
    services: ['migrate'],
    query: 'fields @timestamp, message | sort @timestamp desc | limit 5',
  },
];

/** Saves them in Logs Insights, in the folder `narx-<stage>`. */
export function addQueries(scope: Construct, config: StageConfig): void {
  const nested = Stack.of(scope);
  const functions = (nested.nestedStackParent ?? nested).node
    .findAll()
    .filter((construct) => construct instanceof NarxFunction);
  for (const { name, services, query } of savedQueries)
    new CfnQueryDefinition(scope, `${logicalId(name)}Query`, {
      name: `${resourceName(config)}/${name}`,
      queryString: query.replaceAll(' | ', '\n| '),
      logGroupNames: functions
        .filter(({ service }) => services === 'all' || services.includes(service))
        .map(({ service, owner }) => `/aws/lambda/${resourceName(config, service, owner)}`),
    });
}
