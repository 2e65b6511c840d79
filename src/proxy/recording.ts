import { ownText } from '../own-text.ts';
import { cacheGroups } from '../policy/cache-groups.ts';
import type { Detail } from '../policy/cache-status.ts';
import { storedSearch } from '../policy/no-vary-search.ts';
import { withOrigin } from '../policy/origin.ts';
import { decidePostStorage } from '../policy/post.ts';
import { decideStorage, type ExchangeTimes, type StorageTerms } from '../policy/storability.ts';
import { resourceKey, type StoredResponse } from '../policy/stored-response.ts';
import { surrogateTags } from '../policy/surrogate-tags.ts';
import { expandTags } from '../policy/tags.ts';
import { variantKey } from '../policy/vary.ts';
import type { Exchange } from './exchange.ts';
import type { UpstreamHead } from './ports.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import type { MatchedRoute } from './route-table.ts';
import type { Sidecar } from './sidecar.ts';
import type { Trip } from './trip.ts';

/** What was known of purges, and of the clock, before the upstream request was sent: a later purge undoes the fill. */
export interface PurgeMoment {
  readonly asOf: number;
  readonly heard: number;
  /** See Clock. */
  readonly setBack: number;
}

/** Take it before the request is sent; never after. */
export function purgeMoment(sidecar: Sidecar): PurgeMoment {
  const { purges, clock } = sidecar;
  return { asOf: purges.log.applied, heard: purges.index.serial, setBack: clock.setBack ?? 0 };
}

/** A body being collected for the store, and the terms on which it will be kept. */
export interface Recording {
  readonly recorder: Recorder;
  readonly terms: StorageTerms;
}

/** Decides whether to record a response (RFC 9111 §3) under the route that a GET takes; the reason where not. */
export function startRecording(
  x: Exchange,
  route: MatchedRoute,
  head: UpstreamHead,
  times: ExchangeTimes,
): Recording | { readonly detail: Detail; readonly subject?: string | undefined } {
  const { rule } = route;
  const decide = x.request.method === 'POST' ? decidePostStorage : decideStorage;
  const storage = decide(x.request, head, rule, times);
  x.trace.push(...storage.reasons);
  if (storage.kind === 'pass') return storage;
  if (head.framing === 'close') {
    if (!rule.unsafe.storeUnprovenLength) return { detail: 'unprovable-length' };
    x.trace.push('unsafe-switch');
  }
  if (head.length !== undefined && head.length > rule.maxBody) return { detail: 'too-large' };
  return { recorder: createRecorder(rule.maxBody), terms: storage.terms };
}

/**
 * Puts a complete response into the store, unless a purge came in meanwhile. `validated`: what the
 * upstream was asked about; it goes where the new one does not take its place. Returns why it was not
 * kept, or undefined.
 */
export function keep(
  sidecar: Sidecar,
  stored: StoredResponse,
  vary: readonly string[],
  validated?: StoredResponse | undefined,
): Detail | undefined {
  const { index } = sidecar.purges;
  if (index.verdict(stored) !== 'valid') return 'purged-meanwhile';
  // By a tag that the new one does not have, perhaps.
  if (validated !== undefined && index.verdict(validated) === 'hard') return 'purged-meanwhile';
  if (!sidecar.store.put(stored, vary)) return 'too-large';
  if (validated !== undefined && resourceKey(validated) !== resourceKey(stored))
    sidecar.store.remove(validated);
  return undefined;
}

/** The whole of a stored response: its terms, its body, and what the exchange says of it. */
export function storedResponse(
  { x, sidecar, moment }: Pick<Trip, 'x' | 'sidecar' | 'moment'>,
  route: MatchedRoute,
  terms: StorageTerms,
  body: Uint8Array,
): StoredResponse {
  const { rule } = route;
  const { vary, ...kept } = terms;
  const variant = vary.length === 0 ? '' : ownText(variantKey(vary, x.request.fields, sidecar.digest));
  const key = ownText(x.key);
  const url = withOrigin(x.url, x.request.scheme, x.request.authority);
  return {
    ...kept,
    key,
    variant,
    search: ownText(storedSearch(terms.fields, key, rule)),
    url: url === x.key ? key : ownText(url),
    route: rule.name,
    rule: rule.fingerprint,
    tags: tagsOf(x, route, terms).map(ownText),
    body,
    asOf: moment.asOf,
    heard: moment.heard,
    setBack: moment.setBack,
  };
}

/** What a purge by tag reaches it by. Storability has refused what has more of them than are told apart. */
function tagsOf({ request }: Exchange, { rule, params }: MatchedRoute, { fields }: StorageTerms): string[] {
  const tags = expandTags(rule.tags, { params, query: request.query, response: fields });
  const given = surrogateTags(fields, rule.surrogateTags.fields) ?? [];
  const groups = cacheGroups(fields, request) ?? [];
  return given.length === 0 ? [...tags, ...groups] : [...new Set([...tags, ...given]), ...groups];
}
