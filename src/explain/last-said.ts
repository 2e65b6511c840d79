import type { UpstreamView } from '../admin/explanation-upstream.ts';
import { redactTarget } from '../observe/redact.ts';
import type { Detail } from '../policy/cache-status.ts';
import { type FieldLines, fieldValue, withoutFields } from '../policy/fields.ts';
import { initialAge } from '../policy/freshness.ts';
import { formatHttpDate, parseHttpDate } from '../policy/http-date.ts';
import type { RequestHead } from '../policy/request.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import { decideStorage } from '../policy/storability.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import { DECIDING } from '../proxy/last-answers.ts';
import type { Framing, UpstreamHead } from '../proxy/ports.ts';
import type { Sidecar } from '../proxy/sidecar.ts';
import { readSaid } from './upstream-reading.ts';

/** What the upstream said last of a URL, as far as that is known. */
export interface LastSaid {
  readonly from: UpstreamView['from'];
  readonly status: number;
  readonly fields: FieldLines;
  readonly framing: Framing;
  readonly length: number | undefined;
  /** ms since the epoch. */
  readonly at: number;
  /** Why it was not stored in the end, though its head said that it could be. */
  readonly late: Detail | undefined;
}

const LATE: ReadonlySet<Detail> = new Set(['too-large', 'too-slow', 'purged-meanwhile'] as const);

/** Of what is stored and of what was not, the later. `urls`: under which it may be remembered, the most fitting first. */
export function lastSaid(
  method: string,
  urls: readonly string[],
  kept: { readonly stored: StoredResponse; readonly tier: 'memory' | 'redis' } | undefined,
  { lastAnswers }: Pick<Sidecar, 'lastAnswers'>,
): LastSaid | undefined {
  const unstored = lastAnswers.find(method, urls);
  if (kept === undefined || (unstored !== undefined && unstored.at > kept.stored.responseTime))
    return unstored && { ...unstored, from: 'unstored', late: lateReason(unstored.detail) };
  const { status, fields, body, responseTime } = kept.stored;
  const age = statedAge(kept.stored);
  return {
    from: kept.tier,
    status,
    fields: age > 0 ? [...fields, 'Age', String(age)] : fields,
    framing: 'length',
    length: body.byteLength,
    at: responseTime,
    late: undefined,
  };
}

/** The Age that it came with, s, which is not kept: what its initial age has beside the wait for it (RFC 9111 §4.2.3). */
function statedAge(stored: StoredResponse): number {
  const { requestTime, responseTime } = stored;
  const unstated = initialAge(
    { ...stored, fields: withoutFields(stored.fields, AGE) },
    requestTime,
    responseTime,
  );
  if (stored.initialAge <= unstated) return 0;
  return Math.round((stored.initialAge - Math.max(0, responseTime - requestTime)) / 1000);
}

const AGE = new Set(['age']);

function lateReason(detail: Detail | undefined): Detail | undefined {
  return detail !== undefined && LATE.has(detail) ? detail : undefined;
}

const DATED = new Set(['date', 'expires']);

/** The same said now: its dates are as far from now as they were from then. `now` in ms since the epoch. */
export function saidAgain({ status, fields, framing, length, at }: LastSaid, now: number): UpstreamHead {
  const dates = ['Date', 'Expires'].flatMap((name) => {
    const value = fieldValue(fields, name.toLowerCase());
    if (value === undefined) return [];
    const time = parseHttpDate(value, at);
    // The second of a Date is over when the next begins: one of this second stays one of this second.
    return [
      name,
      time === undefined
        ? value
        : formatHttpDate(time + Math.floor(now / 1000) * 1000 - Math.floor(at / 1000) * 1000),
    ];
  });
  return { status, fields: [...withoutFields(fields, DATED), ...dates], framing, length };
}

/** What was said, word by word, and what is decided of it under the rule of now. */
export function upstreamView(request: RequestHead, said: LastSaid, rule: RouteRule): UpstreamView {
  const { from, at, status, fields, framing } = said;
  const times = { requestTime: at, responseTime: at, random: 0 };
  const decided = decideStorage(request, { status, fields }, rule, times);
  const isUnproven = framing === 'close' && !rule.unsafe.storeUnprovenLength;
  const pass = decided.kind === 'pass' ? decided : undefined;
  const isTooLarge = said.length !== undefined && said.length > rule.maxBody;
  const beside = isUnproven ? 'unprovable-length' : isTooLarge ? 'too-large' : said.late;
  const detail = pass?.detail ?? beside ?? null;
  const isStored = decided.kind === 'store' && detail === null;
  const shown = [...DECIDING, ...rule.targetedFields, ...rule.surrogateTags.fields];
  return {
    from,
    at,
    status,
    fields: shown.flatMap((name) => {
      const value = fieldValue(fields, name);
      return value === undefined
        ? []
        : [[name, name === 'content-location' ? redactTarget(value) : value] as const];
    }),
    directives: readSaid(request, { status, fields, at, isUnproven: framing === 'close' }, rule),
    verdict: {
      kind: isStored ? 'store' : 'pass',
      detail,
      subject: pass?.subject ?? null,
      lifetime: isStored ? decided.terms.lifetime : null,
      reasons: decided.reasons,
    },
  };
}
