import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Item = Record<string, AttributeValue>;
export interface Placeholders {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Item | undefined;
}
type Operand = AttributeValue | undefined;

const TOKEN = /\s*(<>|<=|>=|[=<>(),+-]|[:#]?[A-Za-z_][\w.]*)/gy;

const known = new Map<string, string[]>();

function tokensOf(text: string): string[] {
  let tokens = known.get(text);
  if (!tokens) {
    tokens = [...text.matchAll(TOKEN)].map(([, token]) => token ?? '');
    if (tokens.join('') !== text.replaceAll(/\s/g, '')) throw new Error(`Not understood: ${text}`);
    known.set(text, tokens);
  }
  return tokens;
}

/** The part of DynamoDB's expressions that the adapters use, on top-level attributes. Anything else throws. */
class Expression {
  readonly #tokens: string[];
  readonly #item: Item;
  readonly #with: Placeholders;
  #at = 0;

  constructor(text: string, item: Item, placeholders: Placeholders) {
    this.#tokens = tokensOf(text);
    this.#item = item;
    this.#with = placeholders;
  }

  condition(): boolean {
    const holds = this.#or();
    if (this.#at < this.#tokens.length) throw new Error(`Not understood: ${this.#tokens.join(' ')}`);
    return holds;
  }

  /** The item afterwards. */
  update(): Item {
    const after: Item = { ...this.#item };
    while (this.#at < this.#tokens.length) {
      const clause = this.#next().toUpperCase();
      do {
        const name = this.#name(this.#next());
        if (clause === 'SET') {
          this.#expect('=');
          after[name] = this.#sum();
        } else if (clause === 'REMOVE') delete after[name];
        else if (clause === 'ADD') after[name] = added(after[name], this.#operand());
        else throw new Error(`Not understood: ${clause}`);
      } while (this.#accept(','));
    }
    return after;
  }

  #or(): boolean {
    let holds = this.#and();
    while (this.#accept('OR')) holds = this.#and() || holds;
    return holds;
  }

  #and(): boolean {
    let holds = this.#not();
    while (this.#accept('AND')) holds = this.#not() && holds;
    return holds;
  }

  #not(): boolean {
    if (this.#accept('NOT')) return !this.#not();
    if (this.#accept('(')) {
      const holds = this.#or();
      this.#expect(')');
      return holds;
    }
    const word = this.#tokens[this.#at];
    if (this.#tokens[this.#at + 1] === '(' && word !== 'size') return this.#predicate(this.#next());
    return this.#comparison();
  }

  #predicate(word: string): boolean {
    this.#expect('(');
    const name = this.#name(this.#next());
    const value = this.#accept(',') ? this.#operand() : undefined;
    this.#expect(')');
    const stored = this.#item[name];
    switch (word) {
      case 'attribute_exists':
        return stored !== undefined;
      case 'attribute_not_exists':
        return stored === undefined;
      case 'begins_with':
        return stored?.S?.startsWith(value?.S ?? '') ?? false;
      case 'contains':
        return stored?.SS?.includes(value?.S ?? '') ?? stored?.S?.includes(value?.S ?? '') ?? false;
      default:
        throw new Error(`Not understood: ${word}`);
    }
  }

  #comparison(): boolean {
    const left = this.#operand();
    const operator = this.#next();
    if (operator.toUpperCase() === 'BETWEEN') {
      const low = this.#operand();
      this.#expect('AND');
      const high = this.#operand();
      return order(left, low) >= 0 && order(left, high) <= 0;
    }
    const right = this.#operand();
    switch (operator) {
      case '=':
        return left !== undefined && isDeepStrictEqual(left, right);
      case '<>':
        return !isDeepStrictEqual(left, right);
      case '<':
        return order(left, right) < 0;
      case '<=':
        return order(left, right) <= 0;
      case '>':
        return order(left, right) > 0;
      case '>=':
        return order(left, right) >= 0;
      default:
        throw new Error(`Not understood: ${operator}`);
    }
  }

  #sum(): AttributeValue {
    const left = this.#operand();
    const sign = this.#accept('+') ? 1 : this.#accept('-') ? -1 : 0;
    if (sign === 0) return present(left);
    return { N: String(Number(left?.N ?? Number.NaN) + sign * Number(this.#operand()?.N ?? Number.NaN)) };
  }

  #operand(): Operand {
    const token = this.#next();
    if (token === 'if_not_exists') {
      this.#expect('(');
      const stored = this.#item[this.#name(this.#next())];
      this.#expect(',');
      const otherwise = this.#operand();
      this.#expect(')');
      return stored ?? otherwise;
    }
    if (!token.startsWith(':')) return this.#item[this.#name(token)];
    return present(this.#with.ExpressionAttributeValues?.[token]);
  }

  #name(token: string): string {
    const name = token.startsWith('#') ? this.#with.ExpressionAttributeNames?.[token] : token;
    if (name === undefined || name.includes('.')) throw new Error(`Not understood: ${token}`);
    return name;
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? '';
  }

  #accept(word: string): boolean {
    if (this.#tokens[this.#at]?.toUpperCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #expect(word: string): void {
    if (!this.#accept(word)) throw new Error(`Expected ${word}: ${this.#tokens.join(' ')}`);
  }
}

export function holds(text: string | undefined, item: Item, placeholders: Placeholders): boolean {
  return text === undefined || new Expression(text, item, placeholders).condition();
}

export function updated(text: string, item: Item, placeholders: Placeholders): Item {
  return new Expression(text, item, placeholders).update();
}

/** NaN, which is neither before nor after anything, for what cannot be compared. */
function order(a: Operand, b: Operand): number {
  if (a?.N !== undefined && b?.N !== undefined) return Number(a.N) - Number(b.N);
  if (a?.S !== undefined && b?.S !== undefined) return a.S < b.S ? -1 : a.S > b.S ? 1 : 0;
  return Number.NaN;
}

function added(stored: Operand, more: Operand): AttributeValue {
  if (more?.SS) return { SS: [...new Set([...(stored?.SS ?? []), ...more.SS])] };
  return { N: String(Number(stored?.N ?? 0) + Number(more?.N ?? Number.NaN)) };
}

function present(value: Operand): AttributeValue {
  if (value === undefined) throw new Error('An expression names a value that is not there.');
  return value;
}
