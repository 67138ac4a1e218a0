import { type AlarmDefinition, noErrors } from '../definition.ts';

/** What every function may run into, and what it costs. */
export const functions = {
  'worker-crashes': {
    levels: ['warning'],
    impact:
      'A worker dies in the middle of its work, which is done again: slower, dearer, and soon dead-lettered.',
    failureModes: ['F17', 'F18', 'F19'],
    missing: noErrors,
  },
  'memory-used': {
    levels: ['warning'],
    impact: 'A worker is about to run out of memory; then Lambda kills it in the middle of its work.',
    failureModes: ['F18'],
    missing: { treat: 'notBreaching', because: 'a function that is not called uses no memory' },
  },
  'duration-near-limit': {
    levels: ['warning'],
    impact:
      'A function nearly runs into its time limit; then it is ended in the middle and its work repeated.',
    failureModes: ['F19', 'F26', 'F06'],
    missing: { treat: 'notBreaching', because: 'a function that is not called takes no time' },
  },
  'log-volume': {
    levels: ['warning'],
    impact:
      'A function writes far more to its log than it should: it costs by the gigabyte, and may hold payloads.',
    failureModes: ['F52', 'F55'],
    missing: { treat: 'notBreaching', because: 'a function that writes nothing costs nothing' },
  },
  'cost-per-million': {
    levels: ['warning'],
    impact: 'A visit costs many times what it should: the bill runs away, unseen until the end of the month.',
    failureModes: ['F55', 'F35'],
    missing: { treat: 'notBreaching', because: 'nothing was visited, so nothing was spent on it' },
  },
} as const satisfies Record<string, AlarmDefinition>;
