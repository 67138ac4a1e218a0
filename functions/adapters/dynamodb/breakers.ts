import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Breaker, breakerSchema, newBreaker } from '../../core/model/breaker.ts';
import { breakerKey } from './items.ts';
import { DynamoShared, readableOr } from './shared.ts';

/**
 * The breakers in the coordination table, by storage domain. One that is not there, or cannot be read, begins closed: a database
 * that is down opens it again after a few batches; one that is not must not stand still over it.
 */
export class DynamoBreakers extends DynamoShared<Breaker> {
  constructor(client: DynamoDBClient, tableName: string) {
    super(client, tableName, breakerKey, readableOr(breakerSchema, newBreaker()));
  }
}
