import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Asked, Fate } from './ask.ts';
import { bodyOf, etagOf, type Good, type Kind, versionOf } from './goods.ts';
import type { Shop } from './shop.ts';

/** A request, and from when on it was under way; ms of `performance.now()`. */
export interface Read {
  readonly good: Good;
  readonly asked: Asked;
  readonly begun: number;
  /** No version before it may be given: an earlier one was changed, and that was acknowledged. */
  readonly least: number;
}

export type Verdict =
  | { readonly kind: 'right'; readonly version: number }
  /** No answer of the upstream's, but one that may be had when something is wrong. */
  | { readonly kind: 'failed'; readonly what: string }
  | { readonly kind: 'wrong'; readonly why: string };

/**
 * How old what is served may be at most: lifetime, stale windows, and what the lease and its cap let pass when
 * purges are not heard of; ms.
 */
const OLDEST: Readonly<Record<Kind, number>> = {
  product: 20_000,
  page: 2_000 + 20_000,
  file: 5_000,
  mine: 0,
  once: Number.POSITIVE_INFINITY,
};
/** Ages count whole seconds, and an answer under way gets older. */
const SLACK = 3_000;

/** Whether an answer is one that the upstream gave, to this request, not too long ago. */
export function judge(read: Read, fate: Fate, shop: Shop): Verdict {
  if (fate.kind === 'refused') return { kind: 'failed', what: 'refused' };
  if (fate.kind === 'cut') return { kind: 'failed', what: `cut: ${fate.why}` };
  const { status, headers } = fate;
  if (status >= 500) return { kind: 'failed', what: `${status} ${detailOf(headers['cache-status'])}` };
  const found = given(read, fate);
  if (typeof found === 'string') return { kind: 'wrong', why: `${status}: ${found}` };
  return inTime(read, found, shop);
}

/** Why Cacheside gave it, in one word; `-` where it came from the upstream. */
export const detailOf = (cacheStatus: string | string[] | undefined): string =>
  /detail=("[^"]*"|[^;,\s]+)/.exec(String(cacheStatus))?.[1] ?? '-';

/** The version that was given, or why it is none. */
function given(
  { good, asked }: Read,
  { status, headers, body }: Fate & { kind: 'answered' },
): number | string {
  const stated = Number(/^(?:W\/)?"v(\d+)(?:;\w+)?"$/.exec(headers.etag ?? '')?.[1] ?? Number.NaN);
  const wanted = asked.headers['if-none-match'];
  if (asked.method === 'HEAD' && status !== 304) {
    return [200, 206].includes(status) && body.length === 0 && Number.isInteger(stated)
      ? stated
      : 'no HEAD of it';
  }
  if (status === 304) {
    return wanted === undefined || wanted !== etagOf(stated) ? 'nobody asked for a 304 of it' : stated;
  }
  if (status === 206) return part(good, stated, String(headers['content-range']), body);
  if (status !== 200) return 'not its status';
  const version = versionOf(good, decoded(String(headers['content-encoding'] ?? ''), body));
  if (version === undefined) return `another body: ${body.toString('latin1', 0, 60)}`;
  return Number.isNaN(stated) || version === stated ? version : `v${version} under ${headers.etag}`;
}

function part(good: Good, version: number, range: string, body: Buffer): number | string {
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range)?.map(Number) ?? [];
  if (first === undefined || last === undefined || Number.isNaN(version)) return `no part: ${range}`;
  const whole = bodyOf(good, version);
  const isIt = whole.length === size && whole.subarray(first, last + 1).equals(body);
  return isIt ? version : `other bytes than ${range} of v${version}`;
}

function decoded(coding: string, body: Buffer): Buffer {
  try {
    if (coding === 'gzip') return gunzipSync(body);
    return coding === 'br' ? brotliDecompressSync(body) : body;
  } catch {
    return Buffer.alloc(0);
  }
}

function inTime({ good, begun, least }: Read, version: number, shop: Shop): Verdict {
  const since = shop.versions(good.kind, good.id);
  if (since[version] === undefined) return { kind: 'wrong', why: `v${version} does not exist yet` };
  if (version < least) return { kind: 'wrong', why: `v${version}, though v${least} was acknowledged` };
  const over = since[version + 1] ?? Number.POSITIVE_INFINITY;
  const late = begun - over - OLDEST[good.kind] - SLACK;
  if (late > 0) return { kind: 'wrong', why: `v${version}, ${Math.round(late)} ms older than may be` };
  return { kind: 'right', version };
}
