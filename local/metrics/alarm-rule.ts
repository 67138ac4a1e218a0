import { Tokens } from './tokens.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A composite alarm's rule, checked. */
export interface AlarmRule {
  /** Names of the alarms that the rule depends on. */
  uses: ReadonlySet<string>;
  holds(stateOf: (name: string) => AlarmState): boolean;
}

type Condition = AlarmRule['holds'];

const token = /"[^"]*"|[()]|[^\s()"]+/y;
const states: readonly string[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] satisfies AlarmState[];

/**
 * Compiles `ALARM("x") AND (NOT OK("y") OR TRUE)`; alarms by name or ARN, quoted or not; NOT binds closer than AND, AND
 * closer than OR. Throws an Error that quotes the rule. Source: PutCompositeAlarm, AlarmRule.
 */
export function compileRule(rule: string): AlarmRule {
  const tokens = new Tokens(rule, token);
  const uses = new Set<string>();

  const either = (): Condition => {
    let left = both();
    while (tokens.take('OR')) {
      const [a, b] = [left, both()];
      left = (stateOf) => a(stateOf) || b(stateOf);
    }
    return left;
  };
  const both = (): Condition => {
    let left = not();
    while (tokens.take('AND')) {
      const [a, b] = [left, not()];
      left = (stateOf) => a(stateOf) && b(stateOf);
    }
    return left;
  };
  const not = (): Condition => {
    if (!tokens.take('NOT')) return primary();
    const inner = not();
    return (stateOf) => !inner(stateOf);
  };
  const primary = (): Condition => {
    const word = tokens.next();
    if (word === 'TRUE') return () => true;
    if (word === 'FALSE') return () => false;
    if (word === '(') {
      const inner = either();
      tokens.expect(')');
      return inner;
    }
    if (!states.includes(word)) throw tokens.fault(`${word} is not supported`);
    tokens.expect('(');
    const name = alarmName(tokens.next());
    tokens.expect(')');
    uses.add(name);
    return (stateOf) => stateOf(name) === word;
  };

  const holds = either();
  tokens.end();
  return { uses, holds };
}

function alarmName(text: string): string {
  const bare = text.startsWith('"') ? text.slice(1, -1) : text;
  return bare.replace(/^arn:[^:]+:cloudwatch:[^:]*:[^:]*:alarm:/, '');
}
