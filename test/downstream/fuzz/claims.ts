import type { RequestHead } from '../../../src/policy/request.ts';
import { HARMLESS, ROUTING } from '../../../src/policy/request-field-names.ts';

/** Fields by which a client asks for more than what is stored, or for something else. */
const ASKS = /^(?:cache-control|pragma|range|if-.*)$/i;

/** Where each place leads that was seen so far. */
const places = new WeakMap<object, string>();

/** What a head says of itself that its fields belie; undefined where there is nothing. */
export function falseClaim(head: RequestHead): string | undefined {
  const names = head.fields.filter((_, i) => i % 2 === 0);
  if (head.asksNothing === true && names.some((name) => ASKS.test(name)))
    return `it asks nothing by ${names}`;
  const { place } = head;
  if (place === undefined) return undefined;
  const odd = names.find((name) => !HARMLESS.has(name.toLowerCase()) && !ROUTING.has(name.toLowerCase()));
  if (odd !== undefined) return `${odd} does not change where it leads`;
  const leads = JSON.stringify([head.authority, head.path, head.query]);
  const led = places.get(place) ?? leads;
  places.set(place, led);
  return led === leads ? undefined : `one place leads to ${led} and to ${leads}`;
}
