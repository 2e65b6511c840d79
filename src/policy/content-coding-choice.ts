import { acceptedForms, type Coding, type Form } from './content-coding.ts';
import { tagOfForm } from './content-coding-tag.ts';
import { type FieldLines, fieldValue, hasField, listMembers, withoutFields } from './fields.ts';
import { namesTag } from './precondition.ts';
import type { RequestHead } from './request.ts';
import { wishesOf } from './request-directives.ts';
import type { RouteRule } from './route-rule.ts';

const IDENTITY: readonly Form[] = ['identity'];
const NONE: readonly Form[] = [];

/**
 * The forms that may be sent for a request on a route that compresses, the best first; empty where the client refuses
 * the identity and every coding. `no-transform` asks for what the upstream sent (RFC 9111 §5.2.1.6).
 */
export function formsFor(request: RequestHead, rule: RouteRule): readonly Form[] {
  const forms = acceptedForms(fieldValue(request.fields, 'accept-encoding'), rule.compress);
  const isPlain = forms.length === 1 && forms[0] === 'identity';
  if (isPlain || !wishesOf(request, rule).has('no-transform')) return forms;
  return forms.includes('identity') ? IDENTITY : NONE;
}

/** The form whose entity tag the client names as what it has, so that 304 is the answer; whether it was made here does not matter. */
export function formInHand(
  request: RequestHead,
  identity: FieldLines,
  forms: readonly Form[],
): Form | undefined {
  const noneMatch = fieldValue(request.fields, 'if-none-match');
  const etag = fieldValue(identity, 'etag');
  if (noneMatch === undefined || noneMatch === '*' || etag === undefined) return undefined;
  return forms.find((form) => namesTag(noneMatch, tagOfForm(etag, form)));
}

/**
 * Which of `forms` a codable stored response with these fields is sent in; undefined: none of them. `made`: the
 * codings that there are. Parts are of the identity alone (RFC 9110 §14.2 leaves that to the server), and not where
 * If-Range names another form.
 */
export function chooseForm(
  request: RequestHead,
  identity: FieldLines,
  forms: readonly Form[],
  made: readonly Coding[],
): Form | undefined {
  const inHand = formInHand(request, identity, forms);
  if (inHand !== undefined) return inHand;
  if (wantsPartOf(request, identity) && forms.includes('identity')) return 'identity';
  return forms.find((form) => form === 'identity' || made.includes(form));
}

function wantsPartOf({ method, fields }: RequestHead, identity: FieldLines): boolean {
  if (method !== 'GET' || !hasField(fields, 'range')) return false;
  const ifRange = fieldValue(fields, 'if-range');
  return ifRange === undefined || ifRange === fieldValue(identity, 'etag');
}

/** What is true of the identity alone. */
const OF_IDENTITY = new Set(['etag', 'accept-ranges', 'content-encoding', 'content-length']);

/** The fields of a coded form, made of those of the identity. */
export function codedFields(identity: FieldLines, coding: Coding): string[] {
  const etag = fieldValue(identity, 'etag');
  const fields = withoutFields(identity, OF_IDENTITY);
  if (etag !== undefined) fields.push('ETag', tagOfForm(etag, coding));
  fields.push('Content-Encoding', coding);
  return fields;
}

const VARY = new Set(['vary']);

/** The fields of a response that others may get in another form: its Vary says so (RFC 9110 §12.5.5). */
export function negotiatedFields(fields: FieldLines): FieldLines {
  const vary = fieldValue(fields, 'vary');
  if (vary === undefined) return [...fields, 'Vary', 'Accept-Encoding'];
  const names = listMembers(vary);
  if (names.some((name) => name === '*' || name.toLowerCase() === 'accept-encoding')) return fields;
  return [...withoutFields(fields, VARY), 'Vary', [...names, 'Accept-Encoding'].join(', ')];
}
