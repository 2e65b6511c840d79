import type { Advice } from '../admin/explanation.ts';
import { isFinal } from '../policy/status-code.ts';
import { parseVary } from '../policy/vary.ts';
import { byCookies } from './advice-on-requests.ts';
import { type AdviceTable, byOrigin, change, elsewhere, type Placed, unsafe } from './change.ts';

/** With a ttl the catch-all decides by itself, and goes past the cache for cookies and unknown fields. */
function ttl(way: Placed, why: string): Advice {
  return change(way, 'ttl', '60s', {
    what: 'Give the route a lifetime for where the upstream states none.',
    why,
    warning: 'So long clients may get what is out of date, unless it is purged.',
  });
}

/** That `status-ttl` does not take. */
const UNLISTED: ReadonlySet<number> = new Set([206, 304, 416, 511]);

/** What to change about what the upstream answers. */
export const ON_ANSWERS: AdviceTable = {
  'no-freshness': (way) => [
    elsewhere(
      'upstream',
      'Send `Cache-Control: max-age=60`, or whatever it can bear.',
      'Only the upstream knows how long an answer stays true.',
    ),
    ttl(way, 'Neither the upstream nor the route says how long it is fresh.'),
  ],
  status: (way) =>
    way.status === undefined || !isFinal(way.status) || UNLISTED.has(way.status)
      ? []
      : [
          change(
            way,
            'status-ttl',
            {
              [way.status]: '10s',
              ...Object.fromEntries([...way.rule.statusTtl].map(([status, ms]) => [status, `${ms}ms`])),
            },
            {
              what: `Give ${way.status} a lifetime.`,
              why: 'The upstream states none for it, and `ttl` covers successes alone.',
              warning: 'So long an error may outlive its cause.',
            },
          ),
        ],
  'already-stale': (way) => [
    elsewhere(
      'upstream',
      'Send a longer lifetime, or an `ETag`.',
      'It is older than its lifetime when it arrives, and there is nothing to validate it with.',
    ),
    byOrigin(way, "By the upstream's lifetime it is stale on arrival."),
  ],
  'response-private': (way) => [
    elsewhere(
      'upstream',
      'Leave `private` out where the answer is the same for all.',
      'It says that the response is meant for one user.',
    ),
    unsafe(way, 'store-private', 'The response says `private`.'),
  ],
  'response-no-store': (way) => [
    elsewhere(
      'upstream',
      'Leave `no-store` out of what may be stored.',
      'Many frameworks send it by default.',
    ),
    unsafe(way, 'store-no-store', 'The response says `no-store`.'),
  ],
  'response-no-cache': (way) => [
    elsewhere(
      'upstream',
      'Send an `ETag` with it, or leave `no-cache` out.',
      'It is to be validated at each use, and there is nothing to validate it with.',
    ),
    byOrigin(way, 'It says `no-cache`.'),
  ],
  'set-cookie': (way) => [
    elsewhere(
      'upstream',
      'Set no cookie in answers that are the same for all.',
      'Sessions that are begun by every answer are the most frequent reason.',
    ),
    unsafe(way, 'store-without-set-cookie', 'It sets a cookie; the stored copy has none.'),
  ],
  'vary-star': () => [
    elsewhere(
      'upstream',
      'Name in `Vary` the request fields that the answer goes by.',
      'With `*` no other request is known to match.',
    ),
  ],
  'vary-limit': (way) => {
    const vary = parseVary(way.fields);
    const limit = vary.kind === 'fields' ? Math.min(64, vary.names.length) : 64;
    return [
      elsewhere('upstream', 'Name fewer fields in `Vary`.', 'Each multiplies what has to be stored.'),
      change(way, 'vary.limit', limit, {
        what: 'Allow as many as it names.',
        why: 'One response is stored for each combination of their values.',
        warning: 'Memory may fill with variants that nobody asks for twice.',
      }),
    ];
  },
  'vary-unkeyed-cookie': (way) => [
    elsewhere(
      'upstream',
      'Leave `Cookie` out of `Vary`, where the answer does not go by it.',
      'Each client has cookies of its own.',
    ),
    ...byCookies(way).slice(0, 1),
  ],
  'tag-limit': () => [
    elsewhere('upstream', 'Give it fewer tags.', 'A purge by one that is left out would not reach it.'),
  ],
  'too-large': (way) => [
    change(way, 'max-body', `${Math.max(1, Math.ceil((2 * way.rule.maxBody) / 2 ** 20))}MiB`, {
      what: 'Let longer bodies be stored.',
      why: 'It is longer than `max-body`, or than a quarter of the memory limit.',
      warning: 'A few of them may displace much else.',
    }),
  ],
  'unprovable-length': (way) => [
    elsewhere(
      'upstream',
      'Answer by HTTP/1.1, with Content-Length or chunks.',
      'A body that ends with its connection may have been cut short.',
    ),
    unsafe(way, 'store-unproven-length', 'Its end is that of its connection.'),
  ],
  'content-location': () => [
    elsewhere(
      'upstream',
      'Name the URL of the request in `Content-Location`.',
      'Only then is the answer to a POST what a GET would get (RFC 9110 §9.3.3).',
    ),
  ],
  'breaker-open': () => [
    elsewhere(
      'upstream',
      'See why it fails: the breaker of this route is open.',
      'It is asked again after a while, one request at a time.',
    ),
  ],
  overloaded: () => [
    elsewhere(
      'upstream',
      'Make it faster, or raise the bound that is full (docs/admission.md).',
      'More is under way than may be at once.',
    ),
  ],
};
