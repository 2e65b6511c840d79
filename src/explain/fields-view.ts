import type { FieldView } from '../admin/explanation-request.ts';
import { type FieldLines, fieldValue, hasField, lowerName } from '../policy/fields.ts';
import type { RequestHead } from '../policy/request.ts';
import { foldedName, HARMLESS, ROUTING } from '../policy/request-field-names.ts';
import { isCondition } from '../policy/request-fields.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import { shownField } from './route-trials.ts';

/** A request on its way to the upstream. */
export interface OnItsWay {
  /** As the client sent them. */
  readonly given: FieldLines;
  readonly head: RequestHead;
  readonly rule: RouteRule | undefined;
  /** Whether it is looked up; else it passes with all that the client said. */
  readonly isLookedUp: boolean;
  /** The field for whose sake it is not. */
  readonly blamed: string | undefined;
  /** As the upstream gets them. */
  readonly sent: FieldLines;
}

/** What becomes of each field: those of the client in its order, then those that are added. */
export function fieldViews(way: OnItsWay): FieldView[] {
  const names = namesOf(way.given).filter((name) => name !== 'host');
  const views = names.map((name) => viewOf(name, way));
  const added = namesOf(way.sent).filter((name) => !names.includes(name) && name !== 'host');
  return [...views, ...added.map((name) => addedView(name, way))];
}

function namesOf(fields: FieldLines): string[] {
  return [...new Set(fields.filter((_, i) => i % 2 === 0).map(lowerName))];
}

function viewOf(name: string, way: OnItsWay): FieldView {
  const value = fieldValue(way.given, name) ?? '';
  const sent = fieldValue(way.sent, name);
  const view = (fate: FieldView['fate'], why: string): FieldView => {
    const isChanged = sent !== undefined && sent !== value;
    return {
      name,
      value: shownField(name, value),
      fate,
      why,
      sent: isChanged ? shownField(name, sent) : null,
    };
  };
  if (!hasField(way.head.fields, name))
    return view('removed', 'it belongs to this connection (RFC 9110 §7.6.1)');
  if (name === way.blamed)
    return view('bypasses', 'nobody vouched for it: the request goes past the cache, this field with it');
  if (SET_ANEW[name] !== undefined && sent !== value)
    return view(sent === undefined ? 'removed' : 'changed', SET_ANEW[name]);
  const isKeyed = way.isLookedUp && way.rule?.key.headers.includes(name) === true;
  if (sent === undefined) return view('removed', whyRemoved(name, way));
  if (isKeyed) return view('keyed', 'key.headers');
  if (name === 'cookie' && way.isLookedUp && (way.rule?.key.cookies.length ?? 0) > 0)
    return view('keyed', 'key.cookies: the cookies it names, and no other');
  if (sent !== value) return view('changed', whyChanged(name, way));
  return view('forwarded', whyForwarded(name, way));
}

/** What Cacheside says itself, whatever the client said. */
const SET_ANEW: Readonly<Record<string, string>> = {
  'x-request-id': "Cacheside sets it: the client's own, where it is a plain one",
  'x-forwarded-for': 'Cacheside sets it, or adds to it where clients.trust-forwarded says so',
  'x-forwarded-host': 'Cacheside sets it, unless clients.trust-forwarded says that clients may',
  'x-forwarded-proto': 'Cacheside sets it, unless clients.trust-forwarded says that clients may',
  expect: 'Cacheside answers it itself',
};

function whyRemoved(name: string, { rule, isLookedUp }: OnItsWay): string {
  if (!isLookedUp || rule === undefined)
    return 'Cacheside sets it anew, or an upstream may take it for one that it sets';
  if (rule.requestFields.strip.has(name)) return 'request-fields.strip';
  if (isCondition(name))
    return "the client's condition: judged here, so that the whole response is fetched for everybody";
  if (name === 'cookie') return `cookies: ${rule.cookies}`;
  if (name === 'accept-encoding') return 'compress: the upstream is asked for the identity';
  if (ROUTING.has(name))
    return 'known to alter routing, and no part of the key: never let through to a shared response';
  if (foldedName(name) !== name) return `an upstream may take it for ${foldedName(name)}`;
  return 'no part of a request for a shared response';
}

function whyChanged(name: string, { rule }: OnItsWay): string {
  if (name === 'accept-encoding') return 'compress: the upstream is asked for the identity';
  if (rule?.requestFields.normalise.has(name)) return 'request-fields.normalise';
  if (isCondition(name)) return 'what is stored is asked about, by its own validators (RFC 9111 §4.3.1)';
  return 'brought into the form in which it is keyed';
}

function whyForwarded(name: string, { rule, isLookedUp }: OnItsWay): string {
  if (!isLookedUp || rule === undefined)
    return 'the request goes past the cache, with all that the client said';
  if (rule.requestFields.forward.has(name))
    return 'request-fields.forward: the route vouches that it changes nothing';
  if (name === 'cookie') return `cookies: ${rule.cookies}`;
  if (name === 'authorization') return 'an answer is shared only where it says so itself (RFC 9111 §3.5)';
  if (HARMLESS.has(name)) return 'known and harmless: an upstream that goes by it says so by Vary';
  return `request-fields.unknown: ${rule.requestFields.unknown}`;
}

const ADDED: Readonly<Record<string, string>> = {
  'x-request-id': 'so that it is found again in every log',
  via: 'RFC 9110 §7.6.3',
  'x-forwarded-for': "the client's address",
  'x-forwarded-host': 'as the client named it',
  'x-forwarded-proto': 'how the client came',
  'if-none-match': 'what is stored is asked about (RFC 9111 §4.3.1)',
  'if-modified-since': 'what is stored is asked about (RFC 9111 §4.3.1)',
  'accept-encoding': 'compress: the upstream is asked for the identity',
};

function addedView(name: string, { sent }: OnItsWay): FieldView {
  // That of a rehearsal says nothing.
  const value = name === 'x-request-id' ? '…' : shownField(name, fieldValue(sent, name) ?? '');
  return { name, value, fate: 'added', why: ADDED[name] ?? 'Cacheside adds it', sent: null };
}
