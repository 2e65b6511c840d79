import { z } from 'zod';
import { fieldNames } from './field.ts';
import { ROUTE_DEFAULTS as D } from './route-default.ts';
import { lifetime, share, word } from './scalar.ts';
import { setting } from './setting.ts';
import { parseStatuses } from './status.ts';

/** How long what is stored is fresh, and of use beyond that. */
export const lifetimeSettings = {
  ttl: setting(
    lifetime,
    'Freshness lifetime where the upstream states none. Without it, only what the upstream allows is stored.',
  ),
  'status-ttl': setting(
    z
      .record(z.string(), lifetime, {
        error: 'expected statuses and durations – write `{404: 10s, 5xx: 1s}`',
      })
      .transform(parseStatuses),
    'Freshness lifetime by status or class, ahead of `ttl`; a status listed here may be stored, but for those that refuse one request alone, such as 431. A status wins over its class.',
    D['status-ttl'],
  ),
  origin: setting(
    word(['respect', 'ignore']),
    "Whether the upstream's own freshness counts, or only the rule's. Neither overrides `private`, `no-store`, Set-Cookie or Authorization.",
    D.origin,
  ),
  heuristic: setting(
    share,
    'Share of the time since Last-Modified that counts as freshness lifetime where neither the upstream nor `ttl` states one (RFC 9111 §4.2.2), at most a day; `off`: none is guessed.',
    D.heuristic,
  ),
  'targeted-fields': setting(
    fieldNames,
    'Targeted Cache-Control fields of the upstream (RFC 9213): the first of them that is present and well formed counts in place of Cache-Control and Expires. Add `CDN-Cache-Control` where no other cache it is meant for stands in front.',
    D['targeted-fields'],
  ),
  'unreadable-age': setting(
    word(['ignore', 'stale']),
    'What an upstream Age that is no number of seconds, or more than one, says: nothing (RFC 9111 §5.1; the first of several counts), or that the response is stale.',
    D['unreadable-age'],
  ),
  'max-ttl': setting(lifetime, 'Upper bound of any freshness lifetime, whoever states it.'),
  jitter: setting(
    share,
    'Share of a lifetime by which it is shortened at random, so that what was stored together does not expire together.',
    D.jitter,
  ),
  'stale-while-revalidate': setting(
    lifetime,
    "How long past its lifetime a response is served while it is renewed in the background (RFC 5861). Without it, the upstream's own window counts. Closed by the upstream's `must-revalidate`, `proxy-revalidate`, or an `s-maxage` without a window of its own.",
  ),
  'stale-if-error': setting(
    lifetime,
    "How long past its lifetime a response is served when the upstream fails (RFC 5861). Without it, the upstream's own window counts. Closed as `stale-while-revalidate` is.",
  ),
  'eager-refresh': setting(
    share,
    'Share of the lifetime after which a hit renews the response in the background; `off`: never.',
    D['eager-refresh'],
  ),
};
