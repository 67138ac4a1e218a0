/** `GET /products/{id}`, taken apart. */
interface RoutePattern<Target> {
  readonly key: string;
  readonly method: string;
  readonly segments: readonly string[];
  readonly target: Target;
}

export interface MatchedRoute<Target> {
  readonly key: string;
  readonly target: Target;
  /** Decoded, as API Gateway gives them. */
  readonly pathParameters: Record<string, string>;
}

/** A path that no client can mean: its percent-encoding is broken. */
export class BadPath extends Error {}

/** Routes as API Gateway chooses among them: the one with the most literal segments (`/a/b` before `/a/{x}`). */
export class RouteTable<Target> {
  readonly #patterns: RoutePattern<Target>[];

  constructor(routes: readonly { key: string; target: Target }[]) {
    this.#patterns = routes
      .map(({ key, target }) => {
        const [method = '', path = ''] = key.split(' ');
        return { key, method, segments: path.split('/').slice(1), target };
      })
      .sort((a, b) => literals(b.segments) - literals(a.segments));
  }

  /** Null when there is no such route. Throws BadPath. */
  match(method: string, path: string): MatchedRoute<Target> | null {
    const given = path.split('/').slice(1);
    for (const { key, method: accepted, segments, target } of this.#patterns) {
      if (accepted !== method || segments.length !== given.length) continue;
      const pathParameters: Record<string, string> = {};
      const fits = segments.every((segment, index) => {
        const value = decoded(given[index] ?? '');
        const name = /^\{(.+)\}$/.exec(segment)?.[1];
        if (name === undefined) return value === segment;
        pathParameters[name] = value;
        return value !== '';
      });
      if (fits) return { key, target, pathParameters };
    }
    return null;
  }
}

function literals(segments: readonly string[]): number {
  return segments.filter((segment) => !segment.startsWith('{')).length;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new BadPath(segment);
  }
}
