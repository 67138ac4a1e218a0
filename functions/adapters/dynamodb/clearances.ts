import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Clearance, clearanceSchema, noClearance } from '../../core/model/clearance.ts';
import { clearanceKey } from './items.ts';
import { DynamoShared, readableOr } from './shared.ts';

/** Clearances in the coordination table. One that cannot be read is none: the next look at the queues gives another. */
export class DynamoClearances extends DynamoShared<Clearance> {
  constructor(client: DynamoDBClient, tableName: string) {
    super(client, tableName, clearanceKey, readableOr(clearanceSchema, noClearance));
  }
}
