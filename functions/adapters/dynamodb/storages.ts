import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { newStorage, type Storage, storageSchema } from '../../core/model/storage.ts';
import { storageKey } from './items.ts';
import { DynamoShared, readableOr } from './shared.ts';

/**
 * What is known of the disks in the coordination table, by storage domain. One that cannot be read is measured anew; until then
 * the database itself is asked, by writing.
 */
export class DynamoStorages extends DynamoShared<Storage> {
  constructor(client: DynamoDBClient, tableName: string) {
    super(client, tableName, storageKey, readableOr(storageSchema, newStorage()));
  }
}
