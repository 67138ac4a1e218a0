import type { StageConfig } from '../../lib/config/schema.ts';
import { resourceName } from '../../lib/names.ts';

/** Where a stage is. */
export interface Place {
  region: string;
  accountId: string;
  /** What comes before `/<account>/<queue>` in a queue's URL. */
  sqsUrl: string;
}

export interface StageQueue {
  /** The marketplace of a jobs queue, the storage domain of a snapshots queue. */
  owner: string;
  kind: 'jobs' | 'snapshots';
  name: string;
  url: string;
  arn: string;
  deadLetters: { name: string; url: string; arn: string };
}

/** Physical names of what a stage consists of, as its template gives them. */
export interface StageNames {
  table: string;
  buckets: { quarantine: string; raw: string; spill: string; archive: string };
  queues: StageQueue[];
  /** `scrape`, `uzum`; null for functions that serve the whole stage. */
  function(service: string, owner: string | null): string;
}

/** Names follow from the configuration, here and in AWS alike: nothing has to be looked up. */
export function stageNames(settings: StageConfig, place: Place): StageNames {
  const { region, accountId, sqsUrl } = place;
  const queue = (name: string) => ({
    name,
    url: `${sqsUrl}/${accountId}/${name}`,
    arn: `arn:${partition(region)}:sqs:${region}:${accountId}:${name}`,
  });
  const pair = (owner: string, kind: 'jobs' | 'snapshots'): StageQueue => ({
    owner,
    kind,
    ...queue(resourceName(settings, owner, kind)),
    deadLetters: queue(resourceName(settings, owner, kind, 'dlq')),
  });
  const bucket = (name: string) => `${resourceName(settings, name)}-${accountId}-${region}`;
  const enabled = Object.entries(settings.marketplaces).filter(([, { enabled }]) => enabled);
  const domains = [...new Set(enabled.map(([, { domain }]) => domain))];
  return {
    table: resourceName(settings, 'coordination'),
    buckets: {
      quarantine: bucket('quarantine'),
      raw: bucket('raw'),
      spill: bucket('spill'),
      archive: bucket('archive'),
    },
    queues: [...enabled.map(([id]) => pair(id, 'jobs')), ...domains.map((id) => pair(id, 'snapshots'))],
    function: (service, owner) => resourceName(settings, service, owner),
  };
}

function partition(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
