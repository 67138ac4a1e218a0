import {
  type ConnectionSettings,
  Database,
  type Session,
} from '../../../functions/adapters/postgres/database.ts';

/** A node of what `explain (format json)` prints. */
interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Plans?: PlanNode[];
}

/** One statement that was run, and how it reads the tables. */
export interface Plan {
  readonly statement: string;
  readonly root: PlanNode;
}

/** Explains every statement with its own parameters just before it runs. */
export class ExplainedDatabase extends Database {
  readonly plans: Plan[] = [];

  constructor(settings: ConnectionSettings) {
    super(settings);
  }

  override async inTransaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await super.inTransaction((session) =>
      work({
        rows: async (statement, parameters) => {
          await this.#explain(session, statement, parameters);
          return await session.rows(statement, parameters);
        },
      }),
    );
  }

  override async rows<Row extends unknown[]>(
    statement: string,
    parameters: readonly (string | number)[],
  ): Promise<Row[]> {
    await this.#explain({ rows: (...of) => super.rows(...of) }, statement, parameters);
    return await super.rows<Row>(statement, parameters);
  }

  async #explain(
    session: Session,
    statement: string,
    parameters: readonly (string | number)[],
  ): Promise<void> {
    const [[explained] = [[]]] = await session.rows<[{ Plan: PlanNode }[]]>(
      `explain (format json) ${statement}`,
      parameters,
    );
    for (const { Plan } of explained) this.plans.push({ statement: statement.trim(), root: Plan });
  }
}

/**
 * The scans of a plan that read all of a relation: sequential ones, and those that go through an index from one end to the
 * other (not for its first entry only). Relations of fewer rows than `many` (by `rows`, from the statistics) are read whole for good reason.
 */
export function wholeScans(plan: Plan, rows: ReadonlyMap<string, number>, many: number): string[] {
  const found: string[] = [];
  const walk = (node: PlanNode, isFirstOnly: boolean): void => {
    const type = node['Node Type'];
    const relation = node['Relation Name'];
    const whole =
      type === 'Seq Scan' ||
      (/^Index (Only )?Scan$/.test(type) && node['Index Cond'] === undefined && !isFirstOnly);
    if (whole && relation !== undefined && (rows.get(relation) ?? 0) >= many)
      found.push(`${type} on ${relation}`);
    for (const child of node.Plans ?? []) walk(child, type === 'Limit');
  };
  walk(plan.root, false);
  return found;
}
