import { describe, expect, it } from 'vitest';
import { connectionsNeeded, instanceMaxConnections } from '../../../lib/config/capacity.ts';

describe('connections of an instance type', () => {
  it.each([
    ['t4g.micro', 112],
    ['t4g.medium', 450],
    ['m7g.large', 901],
    ['r7g.large', 1_802],
    ['m7g.4xlarge', 5_000],
  ])('%s has memory for %i', (type, expected) => {
    expect(instanceMaxConnections(type)).toBe(expected);
  });

  it.each(['t4g.4xlarge', 'm7g.medium', 'large', 'db.t4g.medium', ''])('are unknown for "%s"', (type) => {
    expect(instanceMaxConnections(type)).toBeNull();
  });
});

it('a domain needs its workers’ connections, two per marketplace for due, those of its API, and four for audit, migrate, archive and an operator', () => {
  expect(
    connectionsNeeded({
      storeConcurrency: 4,
      connectionsPerStore: 2,
      enabledMarketplaces: 3,
      apiConcurrency: 10,
    }),
  ).toBe(28);
});
