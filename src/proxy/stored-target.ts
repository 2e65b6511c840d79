import { selectQuery } from '../policy/cache-key.ts';
import type { RequestHead } from '../policy/request.ts';
import { parseRequestTarget } from '../policy/request-target.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { RouteTable } from './route-table.ts';

/**
 * The forms that a target may have in the URLs of stored responses: normalised, and with the query that
 * counts on a route that may take it; all of them, since which route a GET takes may depend on its fields,
 * which nobody here can know. None where a request for it would be refused. `authority` as in Host; without
 * one, on whatever host.
 */
export function storedTargets(
  { routes }: { readonly routes: RouteTable },
  target: string,
  authority: string | undefined,
): string[] {
  const parsed = parseRequestTarget(target);
  if (parsed === undefined) return [];
  const hosts = authority === undefined ? hostsOf(routes.rules) : [authority];
  const forms = new Set<string>();
  for (const host of hosts) {
    const get: RequestHead = { method: 'GET', scheme: 'http', authority: host, ...parsed, fields: [] };
    for (const rule of routes.candidates(get))
      forms.add(joined(parsed.path, selectQuery(parsed.query, rule.key)));
  }
  // No route stores it: the form that it has by itself.
  if (forms.size === 0) forms.add(joined(parsed.path, parsed.query));
  return [...forms];
}

/** One host for each condition on hosts, and one that meets none. */
function hostsOf(rules: readonly RouteRule[]): Set<string> {
  return new Set(['', ...rules.flatMap(({ match }) => match.hosts.map((host) => host.replace('*', 'any')))]);
}

function joined(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}
