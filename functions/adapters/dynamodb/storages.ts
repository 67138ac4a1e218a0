import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { newStorage, type Storage, storageSchema } from '../../core/model/storage.ts';
import { storageKey } from './items.ts';
import { DynamoShared } from './shared.ts';

/** What is known of the disks in the coordination table, by storage domain. One that cannot be read is measured anew. */
export class DynamoStorages extends DynamoShared<Storage> {
  constructor(client: DynamoDBClient, tableName: string) {
    super(client, tableName, storageKey, decodeStorage);
  }
}

function decodeStorage(stored: string | null): Storage {
  try {
    if (stored !== null) return storageSchema.parse(JSON.parse(stored));
  } catch {
    // The next measurement tells whether it is held; until then the database itself is asked, by writing.
  }
  return newStorage();
}
