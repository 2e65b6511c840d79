import { askableConditions } from '../policy/content-coding-condition.ts';
import { type FieldLines, fieldValue, withoutFields } from '../policy/fields.ts';
import { foldedName } from '../policy/request-field-names.ts';
import { cacheableRequestFields, clientConditions } from '../policy/request-fields.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import { conditionalFields } from '../policy/validation.ts';
import type { Exchange } from './exchange.ts';
import type { UpstreamRequest } from './ports.ts';
import type { Trip } from './trip.ts';

/** Set by the sidecar on every request, whatever the client said. */
const OWN = new Set([
  'host',
  'expect',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
]);

/** By whatever name an upstream may read them. */
const OWN_FOLDED = { has: (name: string): boolean => OWN.has(foldedName(name)) };

const OWN_OR_CODING = new Set([...OWN, 'accept-encoding']);

/** Where codings are made here, one stored response without any serves all. */
const IDENTITY = ['Accept-Encoding', 'identity'];

/** What goes upstream on a trip. */
export function upstreamRequest({ x, sidecar, share, alone, validate }: Trip): UpstreamRequest {
  const trust = sidecar.trustForwarded;
  if (share !== undefined) {
    const conditions = validate === undefined ? [] : conditionalFields(validate.stored);
    return lookedUpRequest(x, share.rule, trust, conditions);
  }
  if (alone === undefined) return passRequest(x, trust);
  const conditions = askableConditions(clientConditions(x.request.fields), 'GET', alone.rule);
  return lookedUpRequest(x, alone.rule, trust, conditions);
}

/** The request as it goes upstream with everything the client said in it. */
export function passRequest(x: Exchange, trustForwarded: boolean): UpstreamRequest {
  const { method, authority, path, query, fields } = x.request;
  const target = query === '' ? path : `${path}?${query}`;
  const sent = withoutFields(askableConditions(fields, method, x.route?.rule), OWN_FOLDED);
  pushOwnFields(sent, x, trustForwarded);
  return { method, target, authority, fields: sent, body: x.downstream.requestBody };
}

/**
 * A request that was looked up: only what is keyed or harmless, and the query that counts. `conditions`:
 * those of what is validated (RFC 9111 §4.3.1), or the client's own where the answer is for it alone.
 */
function lookedUpRequest(
  x: Exchange,
  rule: RouteRule,
  trustForwarded: boolean,
  conditions: FieldLines,
): UpstreamRequest {
  const { method, scheme, authority, fields } = x.request;
  const target = x.url.slice(scheme.length + 3 + authority.length);
  const isCompressed = rule.compress.length > 0;
  const sent = cacheableRequestFields(fields, rule, isCompressed ? OWN_OR_CODING : OWN);
  if (isCompressed) sent.push(...IDENTITY);
  if (conditions.length > 0) sent.push(...conditions);
  pushOwnFields(sent, x, trustForwarded);
  return { method, target, authority, fields: sent, body: undefined };
}

function pushOwnFields(sent: string[], x: Exchange, trustForwarded: boolean): void {
  const { fields, scheme, authority } = x.request;
  const told = (name: string) => (trustForwarded ? fieldValue(fields, name) : undefined);
  const before = told('x-forwarded-for');
  const { clientAddress: last } = x.downstream;
  const hops = before !== undefined && last !== undefined ? `${before}, ${last}` : (before ?? last);
  sent.push('X-Request-Id', x.id, 'Via', '1.1 cacheside');
  if (hops !== undefined) sent.push('X-Forwarded-For', hops);
  sent.push('X-Forwarded-Proto', told('x-forwarded-proto') ?? scheme);
  sent.push('X-Forwarded-Host', told('x-forwarded-host') ?? authority);
}
