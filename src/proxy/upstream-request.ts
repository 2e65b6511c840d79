import { fieldValue, withoutFields } from '../policy/fields.ts';
import { cacheableRequestFields } from '../policy/request-fields.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { conditionalFields } from '../policy/validation.ts';
import type { Exchange } from './exchange.ts';
import type { UpstreamRequest } from './ports.ts';

/** Set by the sidecar on every request, whatever the client said. */
const OWN = new Set([
  'host',
  'expect',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
]);

/** The request as it goes upstream with everything the client said in it. */
export function passRequest(x: Exchange, trustForwarded: boolean): UpstreamRequest {
  const { method, authority, path, query, fields } = x.request;
  const target = query === '' ? path : `${path}?${query}`;
  const own = ownFields(x, trustForwarded);
  return {
    method,
    target,
    authority,
    fields: [...withoutFields(fields, OWN), ...own],
    body: x.downstream.requestBody,
  };
}

/**
 * The request whose response may be shared: only what is keyed or harmless, the query that counts,
 * and conditional where a stored response can be validated (RFC 9111 §4.3.1).
 */
export function sharedRequest(
  x: Exchange,
  rule: RouteRule,
  trustForwarded: boolean,
  validate: StoredResponse | undefined,
): UpstreamRequest {
  const { method, scheme, authority, fields } = x.request;
  const target = x.url.slice(scheme.length + 3 + authority.length);
  const kept = cacheableRequestFields(fields, rule);
  const conditions = validate === undefined ? [] : conditionalFields(validate);
  const sent = [...withoutFields(kept, OWN), ...conditions, ...ownFields(x, trustForwarded)];
  return { method, target, authority, fields: sent, body: undefined };
}

function ownFields(x: Exchange, trustForwarded: boolean): string[] {
  const { fields, scheme, authority } = x.request;
  const told = (name: string) => (trustForwarded ? fieldValue(fields, name) : undefined);
  const hops = [told('x-forwarded-for'), x.downstream.clientAddress].filter((hop) => hop !== undefined);
  const own = ['X-Request-Id', x.id, 'Via', '1.1 cacheside'];
  if (hops.length > 0) own.push('X-Forwarded-For', hops.join(', '));
  own.push('X-Forwarded-Proto', told('x-forwarded-proto') ?? scheme);
  own.push('X-Forwarded-Host', told('x-forwarded-host') ?? authority);
  return own;
}
