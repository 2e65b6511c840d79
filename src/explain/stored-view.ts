import type { PurgedBy, StoredView } from '../admin/explanation-tiers.ts';
import { timeFor } from '../clock.ts';
import { redactTarget } from '../observe/redact.ts';
import { currentAge, remainingFreshness } from '../policy/freshness.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import { formsOf, type StoredResponse } from '../policy/stored-response.ts';
import { hasValidator, validatorsOf } from '../policy/validator.ts';
import type { Finding } from '../proxy/judge.ts';
import type { Sidecar } from '../proxy/sidecar.ts';
import { placeOf } from '../store/lookup.ts';
import { sizeOf } from '../store/stored-size.ts';

/** A stored response as it stands now. `finding`: what is made of it for the request; undefined: nobody asked. */
export function storedView(
  stored: StoredResponse,
  rule: RouteRule,
  { purges, clock }: Pick<Sidecar, 'purges' | 'clock'>,
  finding: Finding,
): StoredView {
  const now = timeFor(stored, clock);
  const purged = purges.index.blame(stored);
  const remaining = remainingFreshness(stored, now);
  const ttl = purged === undefined ? remaining : Math.min(0, remaining);
  const { etag, lastModified } = validatorsOf(stored.fields);
  return {
    status: stored.status,
    url: redactTarget(stored.url),
    route: stored.route,
    ruleChanged: stored.rule !== rule.fingerprint,
    age: currentAge(stored, now),
    lifetime: stored.lifetime,
    ttl,
    storedAt: stored.responseTime,
    freshUntil: clock.now() + remaining,
    stage: stageOf(stored, ttl),
    staleWhileRevalidate: stored.staleWhileRevalidate,
    staleIfError: stored.staleIfError,
    mustRevalidate: stored.mustRevalidate,
    alwaysValidate: stored.alwaysValidate,
    etag: etag ?? null,
    lastModified: lastModified ?? null,
    tags: stored.tags,
    variant: stored.variant,
    asOf: stored.asOf,
    purged: purged === undefined ? null : purgedBy(purged),
    bytes: stored.body.byteLength,
    size: sizeOf(placeOf(stored), stored),
    forms: (formsOf(stored) ?? []).map(({ coding, body }) => ({ coding, bytes: body.byteLength })),
    use: useOf(finding),
    detail: detailOf(finding),
  };
}

function stageOf(stored: StoredResponse, ttl: number): StoredView['stage'] {
  if (!stored.alwaysValidate) {
    if (ttl > 0) return 'fresh';
    if (stored.staleWhileRevalidate > 0 && -ttl <= stored.staleWhileRevalidate) return 'while-revalidate';
    if (stored.staleIfError > 0 && -ttl <= stored.staleIfError) return 'if-error';
  }
  return hasValidator(stored.fields) ? 'validate' : 'useless';
}

function purgedBy({
  kind,
  selector,
  position,
}: ReturnType<Sidecar['purges']['index']['blame']> & object): PurgedBy {
  return { kind, selector: redactTarget(selector.replace(':', ' ')), position: position ?? null };
}

function useOf(finding: Finding): StoredView['use'] {
  if (finding.kind === 'validate') return 'validate';
  if (finding.kind === 'absent') return 'unusable';
  return finding.reuse.kind === 'reuse' ? 'serve' : 'serve-stale';
}

function detailOf(finding: Finding): StoredView['detail'] {
  if (finding.kind === 'absent') return finding.detail ?? null;
  return finding.kind === 'validate' ? (finding.reuse.detail ?? null) : null;
}
