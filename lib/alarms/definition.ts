export type Level = 'warning' | 'critical';

export interface AlarmDefinition {
  /** One alarm per level; with two, the level is part of the alarm's name. */
  levels: readonly [Level] | readonly ['warning', 'critical'];
  /** Who is hurt, and how. The first thing that an on-call person reads. */
  impact: string;
  /** Rows of the failure analysis. */
  failureModes: readonly string[];
  /**
   * It says that work has stopped: what pages is one alarm over all such of its owner (a marketplace, a storage domain), or of
   * the whole stage. So a cause pages once, whatever follows from it (docs/decisions/0061).
   */
  pagedWith?: 'owner' | 'stage';
  /** While it is in ALARM, what depends on its owner follows from it and does not page: a domain's marketplaces, all of a stage. */
  spreads?: true;
  /** What CloudWatch makes of a period without data. */
  missing: { treat: 'breaching' | 'notBreaching'; because: string };
}

export const noErrors = {
  treat: 'notBreaching',
  because: 'errors are only counted when there are some',
} as const;

export const emptyQueue = {
  treat: 'notBreaching',
  because: 'SQS stops reporting a queue that has been empty for hours',
} as const;
