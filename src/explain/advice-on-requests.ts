import type { Advice } from '../admin/explanation.ts';
import { parseCookies } from '../policy/cache-key.ts';
import {
  type AdviceTable,
  byOrigin,
  change,
  EVERYBODY,
  elsewhere,
  hearNoClient,
  type Placed,
} from './change.ts';

function unkeyedCookies({ request, rule }: Placed): string[] {
  return [...parseCookies(request.fields).keys()].filter(
    (name) => name !== '' && !rule.key.cookies.includes(name),
  );
}

export function byCookies(way: Placed): Advice[] {
  const cookies = unkeyedCookies(way);
  const strip = change(way, 'cookies', 'strip', {
    what: 'Strip cookies from what is asked of the upstream.',
    why: 'Cookies of analytics and the like change nothing in the answer.',
    warning: EVERYBODY,
  });
  if (cookies.length === 0) return [strip];
  const keyed = change(way, 'key.cookies', [...way.rule.key.cookies, ...cookies], {
    what: `Make ${cookies.join(', ')} part of the key.`,
    why: 'One response is stored for each of their values: safe, and of use where they have few.',
  });
  return [keyed, strip];
}

function byField(way: Placed, field: string): Advice[] {
  const { key, requestFields } = way.rule;
  return [
    change(way, 'key.headers', [...key.headers, field], {
      what: `Make ${field} part of the key.`,
      why: 'One response is stored for each of its values: safe, and of use where it has few.',
    }),
    change(way, 'request-fields.strip', [...requestFields.strip, field], {
      what: `Remove ${field} before the upstream sees it.`,
      why: 'Safe where the upstream does without it.',
    }),
    change(way, 'request-fields.forward', [...requestFields.forward, field], {
      what: `Vouch that ${field} never changes the answer.`,
      why: 'It is forwarded, and one stored response serves all.',
      warning: EVERYBODY,
    }),
  ];
}

/** What to change about what a request has, or about what is stored. */
export const ON_REQUESTS: AdviceTable = {
  'rule-pass': (way) => [
    change(way, 'cache', true, {
      what: 'Let what the route answers be stored.',
      why: 'It has `cache: false`.',
      warning: 'Somebody said so: health checks and accounts are not to be cached.',
    }),
  ],
  cookie: byCookies,
  authorization: (way) => [
    elsewhere(
      'upstream',
      'Answer with `Cache-Control: public` what is the same for all.',
      'RFC 9111 §3.5 lets a cache share it then, where the upstream alone decides.',
    ),
    change(way, 'key.headers', [...new Set([...way.rule.key.headers, 'authorization'])], {
      what: 'Make the credentials part of the key.',
      why: 'One response is stored for each of them, digested: nobody gets what was meant for others.',
    }),
  ],
  'unkeyed-field': (way) => {
    if (way.subject === undefined) return [];
    const isBlamed = way.status !== undefined && way.status >= 400;
    return byField(way, way.subject).filter(({ path }) => !isBlamed || !path?.endsWith('forward'));
  },
  'request-body': () => [
    elsewhere('client', 'Send GET and HEAD without a body.', 'Nobody can tell what it changes.'),
  ],
  'beyond-lease': (way) => [
    elsewhere(
      'upstream',
      'See to Redis: the purge log has not been heard for longer than `coherence.lease`.',
      'Purges may have been missed.',
    ),
    ...(way.rule.beyondLease === 'bypass'
      ? [
          change(way, 'beyond-lease', 'cap', {
            what: 'Go on trusting what is stored for a bounded time.',
            why: 'Then an outage of Redis does not put all load on the upstream.',
            warning: 'For up to `coherence.cap` clients may get what was purged elsewhere.',
          }),
        ]
      : []),
  ],
  range: (way) =>
    way.rule.range === 'part'
      ? [
          change(way, 'range', 'whole', {
            what: 'Fetch the whole response, once, for whoever wants a part.',
            why: 'All other parts are hits then.',
            warning: 'The first of them waits for more bytes.',
          }),
        ]
      : [],
  'request-directive': hearNoClient,
  'request-no-store': hearNoClient,
  'no-cache': (way) => [byOrigin(way, 'It has the upstream asked at each use.')],
  'soft-purged': (way) => [
    change(way, 'stale-while-revalidate', '30s', {
      what: 'Let it be served while it is renewed.',
      why: 'After a soft purge nobody waits for the upstream then.',
    }),
  ],
};
