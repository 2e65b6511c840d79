import {
  chooseForm,
  codedFields,
  formInHand,
  formsFor,
  negotiatedFields,
} from '../policy/content-coding-choice.ts';
import { isCodable } from '../policy/content-coding-scope.ts';
import { type FieldLines, hasField, type KeptFields, keptFields } from '../policy/fields.ts';
import type { RequestHead, ResponseHead } from '../policy/request.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import { type CodedForm, formsOf, type StoredResponse } from '../policy/stored-response.ts';
import type { Exchange } from './exchange.ts';
import type { Finding } from './judge.ts';

/**
 * A stored response as it suits a client best, on a route that compresses: itself, or like itself with the body and the
 * fields of a coded form. `prepared`: the fields of itself on their way to clients.
 */
export function inBestForm(
  x: Exchange,
  stored: StoredResponse,
  prepared: FieldLines,
  rule: RouteRule,
): StoredResponse {
  const made = formsOf(stored);
  if (made === undefined || made.length === 0) return notMade(x, stored, prepared, rule);
  const chosen = chooseForm(x.request, stored.fields, formsFor(x.request, rule), made.map(codingOf));
  const form = made.find(({ coding }) => coding === chosen);
  if (form === undefined) return chosen === 'identity' ? stored : notMade(x, stored, prepared, rule);
  x.trace.push('coded');
  form.shown ??= shownAs(stored, prepared, form);
  return form.shown;
}

function codingOf({ coding }: CodedForm) {
  return coding;
}

/**
 * Where nothing that was made here suits: in the coding in which the client has it by its If-None-Match, from another
 * replica or from before, so that 304 is the answer and no body is needed; else the stored response itself.
 */
function notMade(
  { request, trace }: Exchange,
  stored: StoredResponse,
  prepared: FieldLines,
  rule: RouteRule,
): StoredResponse {
  const coding = codingInHand(request, stored, stored.body.byteLength, rule);
  if (coding === undefined) return stored;
  trace.push('coded');
  return shownAs(stored, prepared, { coding, body: stored.body });
}

function shownAs(stored: StoredResponse, prepared: FieldLines, { coding, body }: CodedForm): StoredResponse {
  return {
    ...stored,
    body,
    fields: codedFields(stored.fields, coding),
    prepared: keptWhole(codedFields(prepared, coding), { status: stored.status, body }),
    coded: undefined,
  };
}

/** The fields of a whole answer with this body, to be kept. */
export function keptWhole(
  fields: FieldLines,
  { status, body }: Pick<StoredResponse, 'status' | 'body'>,
): KeptFields {
  return keptFields(status === 204 ? fields : [...fields, 'Content-Length', String(body.byteLength)]);
}

/** The coding in which the client has this response by its If-None-Match, whether it was made here or elsewhere. */
export function codingInHand(
  request: RequestHead,
  head: ResponseHead,
  length: number | undefined,
  rule: RouteRule,
): CodedForm['coding'] | undefined {
  if (!hasField(request.fields, 'if-none-match') || !isNegotiated(head, length, rule)) return undefined;
  const form = formInHand(request, head.fields, formsFor(request, rule));
  return form === 'identity' ? undefined : form;
}

/** Whether a response may be sent in several forms. `length` of its identity in bytes; undefined: not known yet. */
function isNegotiated(head: ResponseHead, length: number | undefined, rule: RouteRule): boolean {
  return rule.compress.length > 0 && isCodable(head, length, rule.targetedFields);
}

/** Fields on their way to clients: where others may get another form, Vary says so, whatever the rule made of it. */
export function fieldsForAll(
  fields: FieldLines,
  head: ResponseHead,
  length: number | undefined,
  rule: RouteRule | undefined,
): FieldLines {
  return rule !== undefined && isNegotiated(head, length, rule) ? negotiatedFields(fields) : fields;
}

/**
 * Whether a client refuses the identity, so that what is stored cannot answer it, in no form that there is: the upstream
 * may know one. Only on routes that compress: others leave negotiation to the upstream.
 */
export function isRefused(request: RequestHead, rule: RouteRule, finding: Finding): boolean {
  const forms = formsFor(request, rule);
  if (forms.includes('identity')) return false;
  if (finding.kind !== 'usable') return true;
  const { stored } = finding;
  const made = formsOf(stored)?.map(codingOf) ?? [];
  return chooseForm(request, stored.fields, forms, made) === undefined;
}
