import { selectQuery } from '../policy/cache-key.ts';
import type { RequestHead } from '../policy/request.ts';
import { parseRequestTarget } from '../policy/request-target.ts';
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
  const parsed = parseRequestTarget(target);
  if (parsed === undefined) return undefined;
  const { path, query } = parsed;
  const request: RequestHead = {
    method: 'GET',
    scheme: 'http',
    authority: authority ?? '',
    path,
    query,
    fields: [],
  };
  const key = sidecar.routes.match(request)?.rule.key;
  const counting = key === undefined ? query : selectQuery(query, key);
  return counting === '' ? path : `${path}?${counting}`;
}
