import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { newRound, type Round, roundSchema } from '../../core/model/round.ts';
import { roundKey } from './items.ts';
import { DynamoShared, readableOr } from './shared.ts';

/** The audit's rounds in the coordination table. One that cannot be read begins anew: comparing twice costs time and no more. */
export class DynamoRounds extends DynamoShared<Round> {
  constructor(client: DynamoDBClient, tableName: string) {
    super(client, tableName, roundKey, readableOr(roundSchema, newRound));
  }
}
