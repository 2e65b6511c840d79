import { selectQuery } from '../policy/cache-key.ts';
import type { RequestHead } from '../policy/request.ts';
import { parseRequestTarget } from '../policy/request-target.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { Sidecar } from './sidecar.ts';

/**
 * The form that a target has in the URLs of stored responses: normalised, and with the query that
 * counts on the route it matches. undefined where a request for it would be refused. `authority` as in
 * Host; without one, routes that ask for a host do not match.
 */
export function storedTarget(
  sidecar: Sidecar,
  target: string,
  authority: string | undefined,
): string | undefined {
  const get = getOf(target, authority);
  return get && targetOn(sidecar.routes.match(get)?.rule, get);
}

/** Every such form: which route a GET takes may depend on its fields, which nobody here can know. */
export function storedTargets({ routes }: Sidecar, target: string, authority: string): string[] {
  const get = getOf(target, authority);
  return get === undefined ? [] : routes.candidates(get).map((rule) => targetOn(rule, get));
}

function getOf(target: string, authority: string | undefined): RequestHead | undefined {
  const parsed = parseRequestTarget(target);
  if (parsed === undefined) return undefined;
  return { method: 'GET', scheme: 'http', authority: authority ?? '', ...parsed, fields: [] };
}

function targetOn(rule: RouteRule | undefined, { path, query }: RequestHead): string {
  const counting = rule === undefined ? query : selectQuery(query, rule.key);
  return counting === '' ? path : `${path}?${counting}`;
}
