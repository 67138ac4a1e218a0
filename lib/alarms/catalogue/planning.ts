import { type AlarmDefinition, emptyQueue, noErrors } from '../definition.ts';

/** What plans the work: schedules, dispatch, its cursor and its books. */
export const planning = {
  'dispatch-failing': {
    levels: ['critical'],
    impact: 'No new work is planned: prices grow stale from now on, though nothing that was planned is lost.',
    failureModes: ['F11', 'F15', 'F26'],
    pagedWith: 'stage',
    missing: noErrors,
  },
  'dispatch-not-running': {
    levels: ['critical'],
    impact: 'Nobody plans work, for any marketplace: every price grows stale, silently.',
    failureModes: ['F50'],
    pagedWith: 'stage',
    spreads: true,
    missing: { treat: 'breaching', because: 'a function that is not called reports nothing at all' },
  },
  'schedule-undeliverable': {
    levels: ['warning'],
    impact: 'A schedule could not start its function: a slot of this marketplace or audit was left out.',
    failureModes: ['F50', 'F15'],
    missing: emptyQueue,
  },
  'schedule-stopped': {
    levels: ['critical'],
    impact:
      'The schedules of this marketplace start nothing: no work is planned and every price grows stale.',
    failureModes: ['F50', 'F33'],
    pagedWith: 'owner',
    missing: { treat: 'breaching', because: 'a schedule that has stopped leaves no trace but silence' },
  },
  'due-failing': {
    levels: ['warning'],
    impact:
      'Nobody says which prices are due: what is known of this storage domain grows stale. Sweeps go on.',
    failureModes: ['F02', 'F04', 'F26'],
    missing: noErrors,
  },
  'books-unbalanced': {
    levels: ['critical'],
    impact: 'References were dispatched and nobody knows what became of them: this marketplace has gaps.',
    failureModes: ['F09', 'F24', 'F25'],
    missing: { treat: 'notBreaching', because: 'audit-not-running reports an audit that is silent' },
  },
  'checkpoint-conflict': {
    levels: ['warning'],
    impact:
      'Two dispatchers worked on one cursor and one was refused: nothing is lost, but it must not go on.',
    failureModes: ['F10', 'F23'],
    missing: noErrors,
  },
  'checkpoint-invalid': {
    levels: ['critical'],
    impact:
      'A cursor cannot be read, and its marketplace stands still until it is repaired; or it is ahead of what was planned.',
    failureModes: ['F10', 'F25'],
    missing: noErrors,
  },
  'gaps-redispatched': {
    levels: ['warning'],
    impact: 'Jobs vanished and were dispatched again: their prices come late, and something loses messages.',
    failureModes: ['F24', 'F09', 'F25'],
    missing: noErrors,
  },
  'gaps-given-up': {
    levels: ['critical'],
    impact: 'Jobs vanish each time they are dispatched: their prices are not fetched until somebody looks.',
    failureModes: ['F24', 'F20'],
    missing: noErrors,
  },
  'ledger-write-failed': {
    levels: ['warning'],
    impact: 'Outcomes were not entered in the books: work is done, but the audit cannot prove it.',
    failureModes: ['F15', 'F09'],
    missing: noErrors,
  },
  'coordination-errors': {
    levels: ['critical'],
    impact:
      'The coordination table does not answer: nothing new is planned; what is queued goes on with old gates.',
    failureModes: ['F15', 'F26'],
    pagedWith: 'stage',
    spreads: true,
    missing: noErrors,
  },
} as const satisfies Record<string, AlarmDefinition>;
