import type { Foreseen, Prediction, WordMeaning } from '../admin/explanation.ts';
import type { RedisView } from '../admin/explanation-tiers.ts';
import { detailMeaning, FORWARD_REASONS, type Meaning } from '../observe/detail-meaning.ts';
import type { Outcome } from '../observe/outcome.ts';
import { type OutcomeWord, outcomeWord } from '../observe/outcome-word.ts';
import { type CacheStatus, formatCacheStatus } from '../policy/cache-status.ts';
import { fieldValue, hasField } from '../policy/fields.ts';
import { isNotModified } from '../policy/precondition.ts';
import { isSafe } from '../policy/request.ts';
import type { UpstreamHead, UpstreamRequest } from '../proxy/ports.ts';
import { type LastSaid, saidAgain } from './last-said.ts';
import { type Part, type Rehearsal, rehearse } from './rehearsal.ts';
import type { Playhouse } from './stage.ts';

/** What a request comes to. `failing`: its rehearsal with an upstream that fails; `said`: what that said last. */
export async function predict(
  house: Playhouse,
  part: Part,
  failing: Rehearsal,
  said: LastSaid | undefined,
): Promise<Prediction> {
  const { x, asked, answer, outcome, waitsFor } = failing;
  const again =
    asked !== undefined &&
    said !== undefined &&
    isSafe(part.request.method) &&
    isRepeatable(asked.request, said)
      ? foreseen(await rehearse(house, part, (sent) => answerTo(sent, said, house)), said.late === undefined)
      : null;
  const cache = asked?.cache ?? x.cache;
  const trace = asked?.trace ?? x.trace;
  const shownKey = x.route?.rule.response.cacheStatusKey ? x.key : undefined;
  const kind = kindOf(failing);
  const gate = house.sidecar.admission.gateOf(x.route?.rule.name);
  const { purges, coherence } = house.sidecar;
  return {
    kind,
    cacheStatus: asked === undefined && answer ? answer.cacheStatus : formatCacheStatus(cache, shownKey),
    outcome: again?.outcome ?? expectedOutcome(kind, cache, outcome),
    status: asked === undefined ? (answer?.status ?? null) : null,
    trace: [...trace],
    ...wordsOf(cache),
    renews: failing.renews,
    waitsFor: waitsFor ?? null,
    breaker: gate.breaker?.state ?? 'off',
    probeIn: gate.breaker?.probeIn ?? 0,
    uncacheableNow: x.key !== '' && house.sidecar.flights.isUncacheable(x.key, house.clock.now()),
    coherence: {
      trusted: purges.log.trusted,
      beyondLease: house.clock.monotonic() - purges.log.confirmedAt > coherence.lease,
    },
    asLastTime: again,
    ifUpstreamFails: asked === undefined ? null : foreseen(failing),
  };
}

/** The same where another replica may hold the lock of the key: who would lead the flight waits for that one instead. */
export function amongReplicas(prediction: Prediction, lock: RedisView['lock'] | undefined): Prediction {
  if (lock !== 'held' || prediction.kind !== 'forwarded' || prediction.uncacheableNow) return prediction;
  return { ...prediction, kind: 'waits', waitsFor: 'replica', outcome: 'collapsed' };
}

/** Of a request that no door lets in. */
export function refusedPrediction(status: number): Prediction {
  return {
    kind: 'refused',
    cacheStatus: null,
    outcome: 'refused',
    status,
    trace: ['refused'],
    reason: null,
    detail: null,
    subject: null,
    renews: false,
    waitsFor: null,
    breaker: 'off',
    probeIn: 0,
    uncacheableNow: false,
    coherence: { trusted: true, beyondLease: false },
    asLastTime: null,
    ifUpstreamFails: null,
  };
}

/** What was answered to a condition or a range of a request says nothing to one that has none. */
function isRepeatable({ fields }: UpstreamRequest, { status }: LastSaid): boolean {
  if (status === 304) return hasField(fields, 'if-none-match') || hasField(fields, 'if-modified-since');
  return (status !== 206 && status !== 416) || hasField(fields, 'range');
}

/** As it answered last; 304 to who has just that (RFC 9110 §13.2.2). */
function answerTo(sent: UpstreamRequest, said: LastSaid, { clock }: Playhouse): UpstreamHead {
  const now = clock.now();
  const head = saidAgain(said, now);
  // `*` is of those who write, and few upstreams answer it as it is meant.
  const isAny = fieldValue(sent.fields, 'if-none-match') === '*';
  const isSame = said.status === 200 && !isAny && isNotModified(sent.fields, head.fields, now, 'upstream');
  if (isSame) return { status: 304, fields: head.fields, framing: 'none', length: undefined };
  return sent.method === 'HEAD' ? { ...head, framing: 'none' } : head;
}

function kindOf({ asked, outcome, answer, waitsFor }: Rehearsal): Prediction['kind'] {
  if (asked !== undefined) return 'forwarded';
  if (waitsFor === 'flight') return 'waits';
  if (outcome?.servedFrom === 'memory' || outcome?.servedFrom === 'redis') return 'served';
  return answer?.status === 503 ? 'turned-away' : 'answered';
}

/** Of what is forwarded nobody knows yet how it comes out: as most do. */
function expectedOutcome(
  kind: Prediction['kind'],
  cache: CacheStatus,
  outcome: Outcome | undefined,
): OutcomeWord {
  if (kind === 'waits') return 'collapsed';
  if (kind !== 'forwarded' && outcome !== undefined) return outcomeWord(outcome);
  if (cache.fwd === 'bypass' || cache.fwd === 'method') return 'pass';
  return cache.fwd === 'stale' ? 'expired' : 'miss';
}

/** `isWhole`: as far as is known its body can be stored as well. */
function foreseen({ answer, outcome }: Rehearsal, isWhole = true): Foreseen | null {
  if (answer === undefined || outcome === undefined) return null;
  return {
    cacheStatus: answer.cacheStatus,
    outcome: outcomeWord(outcome),
    status: answer.status,
    stored: isWhole && outcome.cache.stored === true,
    trace: outcome.trace,
  };
}

function wordsOf({ fwd, detail, subject }: CacheStatus): Pick<Prediction, 'reason' | 'detail' | 'subject'> {
  return {
    reason: fwd === undefined ? null : wordMeaning(fwd, FORWARD_REASONS[fwd]),
    detail: detail === undefined ? null : wordMeaning(detail, detailMeaning(detail, fwd)),
    subject: subject ?? null,
  };
}

function wordMeaning(word: WordMeaning['word'], { meaning, cure }: Meaning): WordMeaning {
  return { word, meaning, cure: cure ?? null };
}
