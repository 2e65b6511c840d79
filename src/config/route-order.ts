import type { FieldCondition, RouteMatch } from '../policy/route-rule.ts';
import type { Report } from './problems.ts';
import type { ReadRoute } from './read-route.ts';

/** What only shows between routes: names given twice, and routes that nothing can reach. */
export function checkOrder(routes: readonly ReadRoute[], report: Report): void {
  const names = new Map<string, number>();
  for (const [position, { rule, own, index }] of routes.entries()) {
    const before = routes.slice(0, position).find((earlier) => covers(earlier.rule.match, rule.match));
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

/** True where every request of `later` is certainly taken by `earlier`. */
function covers(earlier: RouteMatch, later: RouteMatch): boolean {
  const methods =
    earlier.methods.length === 0 ||
    (later.methods.length > 0 && later.methods.every((method) => earlier.methods.includes(method)));
  const every = earlier.pattern === '*' || earlier.pattern === '/*';
  const shape = (pattern: string) => pattern.replace(/:[A-Za-z0-9_]+/g, ':');
  const pattern = every || shape(earlier.pattern) === shape(later.pattern);
  return methods && pattern && weaker(earlier, later);
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
