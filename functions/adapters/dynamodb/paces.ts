import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { newPace, type Pace, paceSchema } from '../../core/model/pace.ts';
import { paceKey } from './items.ts';
import { DynamoShared, readableOr } from './shared.ts';

/**
 * The paces in the coordination table. One that is not there, or cannot be read, begins anew at the initial rate: what it said is soon
 * learnt again, and it must not stop the marketplace.
 */
export class DynamoPaces extends DynamoShared<Pace> {
  /** `initialPerSecond` is in requests per second. */
  constructor(client: DynamoDBClient, tableName: string, initialPerSecond: number) {
    super(client, tableName, paceKey, readableOr(paceSchema, newPace(initialPerSecond)));
  }
}
