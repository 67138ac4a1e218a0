import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Gate, gateSchema, newGate } from '../../core/model/gate.ts';
import { gateKey } from './items.ts';
import { DynamoShared } from './shared.ts';

/**
 * The gates in the coordination table. A gate that cannot be read counts as closed by an operator, who is told so: it is
 * never taken for open, and opening it repairs it.
 */
export class DynamoGates extends DynamoShared<Gate> {
  constructor(client: DynamoDBClient, tableName: string) {
    super(client, tableName, gateKey, decodeGate);
  }
}

function decodeGate(stored: string | null): Gate {
  if (stored === null) return newGate();
  try {
    return gateSchema.parse(JSON.parse(stored));
  } catch (error) {
    const reason = `The gate's item cannot be read (${String(error).slice(0, 200)}). Open the gate to write it anew.`;
    return { ...newGate(), state: 'closed', reason };
  }
}
