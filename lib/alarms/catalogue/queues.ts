import { type AlarmDefinition, emptyQueue } from '../definition.ts';

/** What waits: queues, dead letters and the spill. */
export const queues = {
  'dlq-not-empty': {
    levels: ['critical'],
    impact:
      'Messages were given up after all their receives; they are kept for 14 days from when they were first sent.',
    failureModes: ['F20', 'F13'],
    missing: emptyQueue,
  },
  'queue-age': {
    levels: ['warning', 'critical'],
    impact:
      'Messages wait for hours: what they carry becomes stale, and at the end of the retention it is lost.',
    failureModes: ['F13', 'F02'],
    pagedWith: 'owner',
    missing: emptyQueue,
  },
  backlog: {
    levels: ['warning', 'critical'],
    impact: 'Consumers do not keep up: prices reach the database late.',
    failureModes: ['F16'],
    pagedWith: 'owner',
    missing: emptyQueue,
  },
  'worker-silent': {
    levels: ['critical'],
    impact: 'Work waits in the queue and nobody does it: the worker is dead or its mapping is off.',
    failureModes: ['F50', 'F17', 'F53'],
    pagedWith: 'owner',
    spreads: true,
    missing: emptyQueue,
  },
  'spill-waiting': {
    levels: ['warning'],
    impact:
      'The snapshots queue did not take fetched prices: they wait in the spill bucket and reach readers late.',
    failureModes: ['F12'],
    missing: { treat: 'notBreaching', because: 'replay-not-running reports a replay that is silent' },
  },
  'spill-old': {
    levels: ['warning', 'critical'],
    impact: 'Fetched prices have been waiting in the spill bucket for hours; after 14 days they are deleted.',
    failureModes: ['F12', 'F13'],
    missing: { treat: 'notBreaching', because: 'replay-not-running reports a replay that is silent' },
  },
  'replay-not-running': {
    levels: ['critical'],
    impact: 'Nobody looks after the spill bucket: fetched prices that wait there do not reach the database.',
    failureModes: ['F50', 'F12'],
    pagedWith: 'owner',
    missing: { treat: 'breaching', because: 'the absence of the heartbeat is the signal' },
  },
} as const satisfies Record<string, AlarmDefinition>;
