/**
 * robots.txt by RFC 9309. A rule's pattern is a path prefix in which `*` stands for anything and a `$` at the end for the
 * end; the longest pattern that matches decides, and of two equally long ones the one that allows.
 */
export interface RobotsRules {
  readonly rules: readonly { allow: boolean; pattern: string }[];
}

export const allowAll: RobotsRules = { rules: [] };

/** A crawler must read this much (RFC 9309, 2.5); what follows is not read. */
const MOST_CHARACTERS = 512 * 1024;

interface Group {
  agents: string[];
  rules: { allow: boolean; pattern: string }[];
}

/**
 * The rules for `product`: of all groups that name it, or, when none does, of all groups for `*`. Lines that are no rules
 * are passed over.
 */
export function parseRobots(text: string, product: string): RobotsRules {
  const groups: Group[] = [];
  let agentsOpen = false;
  for (const line of text
    .slice(0, MOST_CHARACTERS)
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)) {
    const match = /^\s*([a-z-]+)\s*:\s*([^#]*)/i.exec(line);
    const key = match?.[1]?.toLowerCase();
    const value = match?.[2]?.trim() ?? '';
    if (key === 'user-agent') {
      if (!agentsOpen) groups.push({ agents: [], rules: [] });
      agentsOpen = true;
      groups.at(-1)?.agents.push(agentOf(value));
    } else if (key === 'allow' || key === 'disallow') {
      agentsOpen = false;
      // An empty rule says nothing; `Disallow:` is how a file allows everything.
      if (value !== '') groups.at(-1)?.rules.push({ allow: key === 'allow', pattern: normalized(value) });
    }
  }
  const named = groups.filter(({ agents }) => agents.includes(product.toLowerCase()));
  const chosen = named.length > 0 ? named : groups.filter(({ agents }) => agents.includes('*'));
  return { rules: chosen.flatMap(({ rules }) => rules) };
}

/** Whether `address` may be asked for. `/robots.txt` itself always may. */
export function isAllowed({ rules }: RobotsRules, address: URL): boolean {
  const path = normalized(address.pathname + address.search);
  if (path === '/robots.txt') return true;
  let best = { allow: true, pattern: '' };
  for (const rule of rules) {
    const { length } = rule.pattern;
    if (length < best.pattern.length || (length === best.pattern.length && !rule.allow)) continue;
    if (matches(rule.pattern, path)) best = rule;
  }
  return best.allow;
}

/** Whether a pattern as in robots.txt matches an address. */
export function matchesAddress(pattern: string, address: URL): boolean {
  return matches(normalized(pattern), normalized(address.pathname + address.search));
}

/** `Googlebot/2.1` names `googlebot`: the version is no part of the product token. */
function agentOf(value: string): string {
  return value === '*' ? '*' : (/^[a-z_-]+/i.exec(value)?.[0]?.toLowerCase() ?? '');
}

/** Left to right, each piece at its first place: no pattern takes longer than the path times its number of pieces. */
function matches(pattern: string, path: string): boolean {
  // Most rules are a prefix, and every page is held against every rule.
  if (!pattern.includes('*') && !pattern.endsWith('$')) return path.startsWith(pattern);
  const toTheEnd = pattern.endsWith('$');
  const [first = '', ...pieces] = (toTheEnd ? pattern.slice(0, -1) : pattern).split('*');
  if (!path.startsWith(first)) return false;
  let at = first.length;
  const last = pieces.at(-1);
  if (last === undefined) return !toTheEnd || at === path.length;
  for (const piece of toTheEnd ? pieces.slice(0, -1) : pieces) {
    const found = path.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return !toTheEnd || (path.endsWith(last) && path.length - last.length >= at);
}

/** One spelling of each octet (RFC 9309, 2.2.2): letters and digits as they are, everything beyond ASCII in percent. */
function normalized(text: string): string {
  if (!/[%\u0080-\uffff]/.test(text)) return text;
  return text
    .replace(/\P{ASCII}+/gu, (part) => encodeURIComponent(part.toWellFormed()))
    .replace(/%([0-9a-f]{2})/gi, (escaped, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16));
      return /[\w.~-]/.test(character) ? character : escaped.toUpperCase();
    });
}
