import type { CloudModel } from '../cloud-model.ts';
import { alarmsOf } from './alarms.ts';
import { functionsOf, mappingsOf, schedulesOf, triggersOf } from './compute.ts';
import { httpApisOf } from './http-apis.ts';
import type { Template } from './load.ts';
import { type RunningEndpoints, referencesOf } from './references.ts';
import { bucketsOf, databasesOf, queuesOf, tablesOf } from './storage.ts';

/**
 * The part of a template that the local stack runs, with every intrinsic resolved. Throws an error that names resource
 * and property when one that is needed cannot be; intrinsics elsewhere in the template are not looked at.
 */
export function buildModel(template: Template, endpoints: RunningEndpoints): CloudModel {
  const references = referencesOf(template, endpoints);
  return {
    stackName: template.stackName,
    region: template.region,
    accountId: template.accountId,
    queues: queuesOf(template, references),
    functions: functionsOf(template, references),
    mappings: mappingsOf(template, references),
    schedules: schedulesOf(template, references),
    tables: tablesOf(template, references),
    buckets: bucketsOf(template, references),
    databases: databasesOf(template, references),
    alarms: alarmsOf(template, references),
    httpApis: httpApisOf(template, references),
    triggers: triggersOf(template, references),
  };
}
