import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type OperatorPause, operatorPauseSchema } from '../../core/model/pause.ts';
import { pauseKey } from './items.ts';
import { DynamoShared } from './shared.ts';

/** Operators' pauses in the coordination table, by storage domain. One that cannot be read is one: somebody wanted it. */
export class DynamoPauses extends DynamoShared<OperatorPause> {
  constructor(client: DynamoDBClient, tableName: string) {
    super(client, tableName, pauseKey, decodePause);
  }
}

function decodePause(stored: string | null): OperatorPause {
  if (stored === null) return null;
  try {
    return operatorPauseSchema.parse(JSON.parse(stored));
  } catch (error) {
    const reason = `The item cannot be read (${String(error).slice(0, 200)}). Resuming writes it anew.`;
    return { reason, since: new Date(0) };
  }
}
