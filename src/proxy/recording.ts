import type { Detail } from '../policy/cache-status.ts';
import type { ResponseHead } from '../policy/request.ts';
import { decideStorage, type ExchangeTimes, type StorageTerms } from '../policy/storability.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { expandTags } from '../policy/tags.ts';
import { variantKey } from '../policy/vary.ts';
import type { Exchange } from './exchange.ts';
import { ownText } from './own-text.ts';
import type { UpstreamHead } from './ports.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import type { MatchedRoute } from './route-table.ts';
import type { Sidecar } from './sidecar.ts';
import type { Trip } from './trip.ts';

/** What was known of purges before the upstream request was sent: a later purge undoes the fill. */
export interface PurgeMoment {
  readonly asOf: number;
  readonly heard: number;
}

/** Take it before the request is sent; never after. */
export function purgeMoment(sidecar: Sidecar): PurgeMoment {
  return { asOf: sidecar.purges.log.applied, heard: sidecar.purges.index.serial };
}

/** A body being collected for the store, and the terms on which it will be kept. */
export interface Recording {
  readonly recorder: Recorder;
  readonly terms: StorageTerms;
}

/** Decides whether to record a response (RFC 9111 §3); the reason where not. */
export function startRecording(
  x: Exchange,
  route: MatchedRoute,
  head: UpstreamHead,
  times: ExchangeTimes,
): Recording | { readonly detail: Detail } {
  const { rule } = route;
  const storage = decideStorage(x.request, head, rule, times);
  if (storage.kind === 'pass') return { detail: storage.detail };
  if (head.framing === 'close') return { detail: 'unprovable-length' };
  if (head.length !== undefined && head.length > rule.maxBody) return { detail: 'too-large' };
  return { recorder: createRecorder(rule.maxBody), terms: storage.terms };
}

/**
 * Puts a complete response into the store, unless a purge came in meanwhile. Returns why it was not
 * kept, or undefined.
 */
export function keep(sidecar: Sidecar, stored: StoredResponse, vary: readonly string[]): Detail | undefined {
  if (sidecar.purges.index.verdict(stored) !== 'valid') return 'purged-meanwhile';
  return sidecar.store.put(stored, vary) ? undefined : 'too-large';
}

/** The whole of a stored response: its terms, its body, and what the exchange says of it. */
export function storedResponse(
  { x, sidecar, moment }: Pick<Trip, 'x' | 'sidecar' | 'moment'>,
  { rule, params }: MatchedRoute,
  terms: StorageTerms,
  body: Uint8Array,
): StoredResponse {
  const { vary, freshness: _, ...kept } = terms;
  const response: ResponseHead = kept;
  const variant = vary.length === 0 ? '' : ownText(variantKey(vary, x.request.fields, sidecar.digest));
  const tags = expandTags(rule.tags, { params, query: x.request.query, response: response.fields });
  const key = ownText(x.key);
  return {
    ...kept,
    key,
    variant,
    url: x.url === x.key ? key : ownText(x.url),
    route: rule.name,
    rule: rule.fingerprint,
    tags: tags.map(ownText),
    body,
    asOf: moment.asOf,
    heard: moment.heard,
  };
}
