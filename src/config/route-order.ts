import type { FieldCondition, RouteMatch } from '../policy/route-rule.ts';
import type { Report } from './problems.ts';
import type { ReadRoute } from './read-route.ts';

/** What only shows between routes: names given twice, and routes that nothing can reach. */
export function checkOrder(routes: readonly ReadRoute[], report: Report): void {
  const names = new Map<string, number>();
  /** The routes so far by the shape of their pattern; only equal shapes, or everything, can cover. */
  const above = new Map<string, ReadRoute[]>();
  for (const route of routes) {
    const { rule, own, index } = route;
    const shape = shapeOf(rule.match.pattern);
    const candidates = [...(above.get(EVERYTHING) ?? []), ...(above.get(shape) ?? [])];
    const before = candidates.find((earlier) => covers(earlier.rule.match, rule.match));
    const alike = above.get(shape);
    if (alike === undefined) above.set(shape, [route]);
    else alike.push(route);
    if (before !== undefined) {
      report(
        ['routes', index, 'match'],
        `never reached: \`${before.rule.name}\` above takes every request of it – move it up, or remove it`,
      );
    }
    const first = names.get(rule.name);
    if (first === undefined) names.set(rule.name, index);
    else if (own.name !== undefined)
      report(
        ['routes', index, 'name'],
        `routes[${first}] is already named \`${rule.name}\` – choose another name`,
      );
    else if (before === undefined) {
      report(
        ['routes', index],
        `without a name it is \`${rule.name}\`, as routes[${first}] is – add \`name:\``,
        'key',
      );
    }
  }
}

const EVERYTHING = '*';

/** The pattern without the names of its parameters: equal shapes take the same paths. */
function shapeOf(pattern: string): string {
  return pattern === '/*' ? EVERYTHING : pattern.replace(/:[A-Za-z0-9_]+/g, ':');
}

/** True where every request of `later` is certainly taken by `earlier`, whose pattern takes its paths. */
function covers(earlier: RouteMatch, later: RouteMatch): boolean {
  const methods =
    earlier.methods.length === 0 ||
    (later.methods.length > 0 && later.methods.every((method) => earlier.methods.includes(method)));
  return methods && weaker(earlier, later);
}

function weaker(earlier: RouteMatch, later: RouteMatch): boolean {
  const hosts = earlier.hosts.length === 0 || sameList(earlier.hosts, later.hosts);
  return hosts && within(earlier.query, later.query) && within(earlier.headers, later.headers);
}

/** True where every condition of `few` stands in `many` too. */
function within(few: readonly FieldCondition[], many: readonly FieldCondition[]): boolean {
  return few.every((one) => many.some((other) => other.name === one.name && sameValues(other.is, one.is)));
}

function sameValues(a: FieldCondition['is'], b: FieldCondition['is']): boolean {
  return typeof a === 'boolean' || typeof b === 'boolean' ? a === b : sameList(a, b);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}
