import { describe, expect, it } from 'vitest';
import { judgeResponse } from '../../../local/events/batch-response.ts';

const batch = ['a', 'b', 'c'];

describe('a response to a batch', () => {
  it.each([
    ['null', null],
    ['undefined', undefined],
    ['an empty object', {}],
    ['a null list', { batchItemFailures: null }],
    ['an empty list', { batchItemFailures: [] }],
    ['an object with other fields only', { statusCode: 200 }],
  ])('lets the whole batch succeed when it is %s', (_, response) => {
    expect(judgeResponse(batch, response)).toEqual({ succeeded: batch, failed: [], wholeBatch: null });
  });

  it.each([
    ['a string', 'ok'],
    ['a list', []],
    ['a number', 7],
    ['a list that is a string', { batchItemFailures: 'a' }],
    ['a list that is an object', { batchItemFailures: { itemIdentifier: 'a' } }],
    ['an item that is a string', { batchItemFailures: ['a'] }],
    ['an item that is null', { batchItemFailures: [null] }],
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['an identifier under another name', { batchItemFailures: [{ messageId: 'a' }] }],
    ['an identifier of another batch', { batchItemFailures: [{ itemIdentifier: 'z' }] }],
    [
      'one good and one unknown identifier',
      { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'z' }] },
    ],
  ])('fails the whole batch when it is, or has, %s', (_, response) => {
    const verdict = judgeResponse(batch, response);
    expect(verdict.succeeded).toEqual([]);
    expect(verdict.failed).toEqual(batch);
    expect(verdict.wholeBatch).toEqual(expect.any(String));
  });

  it('fails exactly the named items, once each', () => {
    const response = {
      batchItemFailures: [{ itemIdentifier: 'c' }, { itemIdentifier: 'a' }, { itemIdentifier: 'c' }],
    };
    expect(judgeResponse(batch, response)).toEqual({
      succeeded: ['b'],
      failed: ['a', 'c'],
      wholeBatch: null,
    });
  });
});
