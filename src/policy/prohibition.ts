import { cacheControl, type Directives, deltaSeconds } from './cache-control.ts';
import type { Detail } from './cache-status.ts';
import { hasField } from './fields.ts';
import type { RequestHead, ResponseHead } from './request.ts';
import { isFinal, isOfRequest, isUnderstood, isUnshareable } from './status-code.ts';
import type { ResponseDirectives } from './targeted-fields.ts';

/**
 * All that forbids a shared cache to store this response, in the order of RFC 9111 §3; empty where it may.
 * Two things are forbidden beyond the RFC: a response that sets a cookie is meant for one user more often
 * than not (§7.3 leaves it to the upstream to say so), and a refusal of what others do not send is not for them.
 */
export function prohibitions(
  request: RequestHead,
  response: ResponseHead,
  { directives }: ResponseDirectives,
): Detail[] {
  const { status, fields } = response;
  const forbidden: Detail[] = [];
  // Parts are not put together here, and what answers a range is of no use to those who ask for another. On
  // any other status Content-Range means nothing (RFC 9110 §14.4), and no range is asked for what is shared.
  if (status === 206 || status === 416) forbidden.push('partial-content');
  else if (isOfRequest(status)) forbidden.push('status-of-request');
  else if (!isFinal(status) || status === 304 || isUnshareable(status)) forbidden.push('status');
  if (directives.has('must-understand') && !isUnderstood(status)) forbidden.push('not-understood');
  if (forbidsStoring(directives, status)) forbidden.push('response-no-store');
  if (cacheControl(request.fields).has('no-store')) forbidden.push('request-no-store');
  // With field names, too, which a cache may read as "all but these" (§5.2.2.7): an upstream that speaks of
  // one user in a response is taken at its word for all of it.
  if (directives.has('private')) forbidden.push('response-private');
  if (hasField(fields, 'set-cookie')) forbidden.push('set-cookie');
  if (hasField(request.fields, 'authorization') && !permitsAuthorized(directives)) {
    forbidden.push('authorization');
  }
  return forbidden;
}

/** `no-store`, unless a `must-understand` beside it speaks to us (RFC 9111 §5.2.2.3). */
function forbidsStoring(directives: Directives, status: number): boolean {
  return directives.has('no-store') && !overridesNoStore(directives, status);
}

/** True where `must-understand` makes the `no-store` beside it void: it is for caches that know neither. */
export function overridesNoStore(directives: Directives, status: number): boolean {
  return directives.has('no-store') && directives.get('must-understand') === '' && isUnderstood(status);
}

/**
 * RFC 9111 §3.5: must-revalidate, public or s-maxage let a response to an authorised request be shared.
 * One that does not follow its grammar permits nothing.
 */
function permitsAuthorized(directives: Directives): boolean {
  return (
    directives.get('public') === '' ||
    directives.get('must-revalidate') === '' ||
    deltaSeconds(directives.get('s-maxage')) !== undefined
  );
}
