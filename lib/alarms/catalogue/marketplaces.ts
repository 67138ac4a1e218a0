import { type AlarmDefinition, noErrors } from '../definition.ts';

const auditSpeaks = {
  treat: 'breaching',
  because: 'the audit reports every five minutes, so silence means that nobody knows',
} as const;
const noPages = {
  treat: 'notBreaching',
  because: 'no pages were fetched, which observations-stopped reports',
} as const;

/** What a marketplace answers, and how fresh what is known of it is. */
export const marketplaces = {
  'scrape-failing': {
    levels: ['warning'],
    impact: 'Fetching of this marketplace fails and is repeated; if it goes on, its jobs are dead-lettered.',
    failureModes: ['F17', 'F18', 'F19'],
    missing: noErrors,
  },
  'parse-success': {
    levels: ['warning', 'critical'],
    impact:
      'Pages of this marketplace are not understood: they are quarantined, and their prices are missing.',
    failureModes: ['F32', 'F34', 'F39'],
    pagedWith: 'owner',
    missing: noPages,
  },
  'blocked-share': {
    levels: ['critical'],
    impact: 'The marketplace refuses us: its prices are not refreshed, and going on makes the block longer.',
    failureModes: ['F30', 'F31'],
    pagedWith: 'owner',
    missing: noPages,
  },
  'throttled-share': {
    levels: ['warning'],
    impact: 'The marketplace asks us to slow down: its prices are refreshed later than planned.',
    failureModes: ['F35'],
    missing: noPages,
  },
  'success-rate': {
    levels: ['critical'],
    impact: 'Most requests to this marketplace bring no answer that can be used: its prices grow stale.',
    failureModes: ['F30', 'F32', 'F36', 'F39'],
    pagedWith: 'owner',
    missing: noPages,
  },
  'finds-nothing': {
    levels: ['critical'],
    impact: 'Pages are fetched and not one of them holds anything: prices look fetched and grow stale.',
    failureModes: ['F39', 'F32', 'F33'],
    pagedWith: 'owner',
    missing: noPages,
  },
  'empty-share': {
    levels: ['warning'],
    impact: 'Pages that must hold something are empty: a soft block, or lists that became shorter.',
    failureModes: ['F39', 'F30'],
    missing: noPages,
  },
  'rejected-share': {
    levels: ['warning'],
    impact:
      'Pages show absurd prices and are quarantined: these products keep their old price, and look stale.',
    failureModes: ['F34', 'F38'],
    missing: noPages,
  },
  'old-shape-share': {
    levels: ['warning'],
    impact:
      'The marketplace answers in a shape that a newer one has replaced: the parser’s next change may miss it.',
    failureModes: ['F32'],
    missing: noPages,
  },
  'gate-closed': {
    levels: ['warning'],
    impact:
      'The marketplace refused us or is down, and is left alone for a while: its prices are not refreshed.',
    failureModes: ['F30', 'F36'],
    missing: { treat: 'notBreaching', because: 'gatekeeper-not-running reports a gatekeeper that is silent' },
  },
  'gatekeeper-not-running': {
    levels: ['critical'],
    impact:
      'Nobody looks after this gate or breaker: once closed to traffic it stays so, and new trouble does not pause the queue.',
    failureModes: ['F50', 'F30', 'F02'],
    pagedWith: 'owner',
    missing: { treat: 'breaching', because: 'the absence of the heartbeat is the signal' },
  },
  'observations-stopped': {
    levels: ['critical'],
    impact: 'Not one price of this marketplace has arrived for a while: its history has a gap that grows.',
    failureModes: ['F50', 'F36', 'F30'],
    pagedWith: 'owner',
    missing: auditSpeaks,
  },
  'observations-stale': {
    levels: ['warning'],
    impact:
      'Some prices of this marketplace were confirmed longer ago than promised, and look current to readers.',
    failureModes: ['F33'],
    missing: auditSpeaks,
  },
  'confirmed-per-day': {
    levels: ['warning'],
    impact: 'Fewer products of this marketplace were confirmed in a day than promised.',
    failureModes: ['F33'],
    missing: auditSpeaks,
  },
  'price-changes-per-day': {
    levels: ['warning'],
    impact:
      'Fewer prices of this marketplace changed in a day than ever do: what is read may not be what is asked.',
    failureModes: ['F33', 'F39'],
    missing: auditSpeaks,
  },
} as const satisfies Record<string, AlarmDefinition>;
