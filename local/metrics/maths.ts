import {
  choose,
  combine,
  fill,
  isArray,
  type Kind,
  reduce,
  type Series,
  type Value,
} from './series-values.ts';
import { Tokens } from './tokens.ts';

/** The ids that an expression may name: metrics, and expressions that do not depend on it. */
export interface Names {
  metrics: readonly string[];
  expressions: readonly string[];
}

/** A checked expression; `evaluate` gets every series by its id, all of one length. */
export interface Maths {
  kind: Kind;
  /** Ids that the expression needs. */
  uses: ReadonlySet<string>;
  evaluate(series: ReadonlyMap<string, Series>): Value;
}

interface Part {
  kind: Kind;
  evaluate: Maths['evaluate'];
}

const token = /\d+(?:\.\d+)?|[A-Za-z_][A-Za-z0-9_]*|"[^"]*"|==|!=|<=|>=|&&|\|\||[-+*/(),<>[\]]/y;

const operators: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<': (a, b) => Number(a < b),
  '<=': (a, b) => Number(a <= b),
  '>': (a, b) => Number(a > b),
  '>=': (a, b) => Number(a >= b),
  AND: (a, b) => Number(a !== 0 && b !== 0),
  '&&': (a, b) => Number(a !== 0 && b !== 0),
  OR: (a, b) => Number(a !== 0 || b !== 0),
  '||': (a, b) => Number(a !== 0 || b !== 0),
};
/** Loosest first. */
const precedence = [
  ['OR', '||'],
  ['AND', '&&'],
  ['==', '!=', '<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/'],
];

const reducers: Record<string, (values: number[]) => number> = {
  MAX: (values) => Math.max(...values),
  MIN: (values) => Math.min(...values),
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
};

/**
 * Compiles the part of CloudWatch's metric math that alarms here use: + - * /, comparisons, AND and OR, parentheses,
 * arrays, FILL, IF, METRICS(), and MAX, MIN and SUM of an array. Throws an Error that quotes the expression for anything
 * else, and for a result that is not what CloudWatch takes there. Source: "Using metric math".
 */
export function compileMaths(expression: string, names: Names): Maths {
  const parser = new Parser(expression, names);
  return parser.parse();
}

class Parser {
  readonly #tokens: Tokens;
  readonly #names: Names;
  readonly #uses = new Set<string>();

  constructor(expression: string, names: Names) {
    this.#tokens = new Tokens(expression, token);
    this.#names = names;
  }

  parse(): Maths {
    const part = this.#binary(0);
    this.#tokens.end();
    return { ...part, uses: this.#uses };
  }

  #binary(level: number): Part {
    const symbols = precedence[level];
    if (!symbols) return this.#unary();
    let left = this.#binary(level + 1);
    for (let symbol = this.#tokens.take(...symbols); symbol; symbol = this.#tokens.take(...symbols)) {
      left = this.#combined(symbol, left, this.#binary(level + 1));
    }
    return left;
  }

  #combined(symbol: string, left: Part, right: Part): Part {
    if (left.kind === 'array' && right.kind === 'array') {
      throw this.#tokens.fault(`${symbol} does not take two arrays`);
    }
    const operator = operators[symbol] ?? (() => Number.NaN);
    const kinds = [left.kind, right.kind];
    const kind = kinds.includes('array') ? 'array' : kinds.includes('series') ? 'series' : 'scalar';
    return {
      kind,
      evaluate: (series) => combine(left.evaluate(series), right.evaluate(series), operator),
    };
  }

  #unary(): Part {
    if (!this.#tokens.take('-')) return this.#primary();
    return this.#combined('*', { kind: 'scalar', evaluate: () => -1 }, this.#unary());
  }

  #primary(): Part {
    const text = this.#tokens.next();
    if (/^\d/.test(text)) return { kind: 'scalar', evaluate: () => Number(text) };
    if (text === '(') {
      const inner = this.#binary(0);
      this.#tokens.expect(')');
      return inner;
    }
    if (text === '[') return this.#arrayUpTo(']');
    if (/^[a-z]/.test(text)) return this.#named(text);
    if (/^[A-Z]/.test(text) && this.#tokens.peek() === '(') return this.#call(text);
    throw this.#tokens.fault(`${text} is not expected`);
  }

  #named(id: string): Part {
    if (!this.#names.metrics.includes(id) && !this.#names.expressions.includes(id)) {
      throw this.#tokens.fault(`there is no metric or expression ${id}`);
    }
    this.#uses.add(id);
    return { kind: 'series', evaluate: (series) => series.get(id) ?? [] };
  }

  #arrayUpTo(close: string): Part {
    const items: Part[] = [];
    do items.push(this.#binary(0));
    while (this.#tokens.take(','));
    this.#tokens.expect(close);
    if (items.some((item) => item.kind === 'scalar')) {
      throw this.#tokens.fault('an array holds metrics, not numbers');
    }
    return {
      kind: 'array',
      evaluate: (series) =>
        items.flatMap((item) => {
          const value = item.evaluate(series);
          return isArray(value) ? value : [value as Series];
        }),
    };
  }

  #call(name: string): Part {
    this.#tokens.expect('(');
    if (name === 'METRICS') return this.#metrics();
    if (name === 'FILL') return this.#fill();
    if (name === 'IF') return this.#if();
    const reducer = reducers[name];
    if (!reducer) throw this.#tokens.fault(`the function ${name} is not supported`);
    const argument = this.#binary(0);
    this.#tokens.expect(')');
    if (argument.kind !== 'array') {
      throw this.#tokens.fault(
        `${name} of one metric depends on how much data an alarm reads; give it an array`,
      );
    }
    return {
      kind: 'series',
      evaluate: (series) => reduce(argument.evaluate(series) as Series[], reducer),
    };
  }

  #metrics(): Part {
    const filter = /^"(.*)"$/.exec(this.#tokens.peek())?.[1];
    if (filter !== undefined) this.#tokens.next();
    this.#tokens.expect(')');
    const ids = this.#names.metrics.filter((id) => id.includes(filter ?? ''));
    if (ids.length === 0) throw this.#tokens.fault('METRICS() finds no metric');
    for (const id of ids) this.#uses.add(id);
    return { kind: 'array', evaluate: (series) => ids.map((id) => series.get(id) ?? []) };
  }

  #fill(): Part {
    const subject = this.#binary(0);
    this.#tokens.expect(',');
    const repeat = this.#tokens.take('REPEAT');
    const filler = repeat ? null : this.#binary(0);
    this.#tokens.expect(')');
    if (subject.kind === 'scalar' || filler?.kind === 'array') {
      throw this.#tokens.fault('FILL takes a metric and a number, a metric or REPEAT');
    }
    return {
      kind: subject.kind,
      evaluate: (series) =>
        fill(
          subject.evaluate(series),
          filler === null ? 'REPEAT' : (filler.evaluate(series) as number | Series),
        ),
    };
  }

  #if(): Part {
    const parts = [this.#binary(0)];
    while (this.#tokens.take(',')) parts.push(this.#binary(0));
    this.#tokens.expect(')');
    const [condition, yes, no] = parts;
    const kinds = parts.map((part) => part.kind);
    const scalarOnly = condition?.kind === 'scalar' && yes?.kind === 'scalar';
    if (!condition || !yes || parts.length > 3 || kinds.includes('array') || scalarOnly) {
      throw this.#tokens.fault(
        'IF takes a condition, a value and possibly another, at least one of them a metric',
      );
    }
    return {
      kind: 'series',
      evaluate: (series) =>
        choose(
          condition.evaluate(series) as number | Series,
          yes.evaluate(series) as number | Series,
          no ? (no.evaluate(series) as number | Series) : null,
        ),
    };
  }
}
