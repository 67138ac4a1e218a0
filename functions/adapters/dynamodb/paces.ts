import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { newPace, type Pace, paceSchema } from '../../core/model/pace.ts';
import { paceKey } from './items.ts';
import { DynamoShared } from './shared.ts';

/** The paces in the coordination table. One that is not there, or cannot be read, begins anew at the initial rate. */
export class DynamoPaces extends DynamoShared<Pace> {
  /** `initialPerSecond` is in requests per second. */
  constructor(client: DynamoDBClient, tableName: string, initialPerSecond: number) {
    super(client, tableName, paceKey, (stored) => decodePace(stored, initialPerSecond));
  }
}

function decodePace(stored: string | null, rate: number): Pace {
  try {
    if (stored !== null) return paceSchema.parse(JSON.parse(stored));
  } catch {
    // What it said is soon learnt again, and it must not stop the marketplace.
  }
  return newPace(rate);
}
