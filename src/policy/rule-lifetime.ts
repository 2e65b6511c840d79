import { explicitLifetime, hasUnreadableAge } from './freshness.ts';
import { heuristicLifetime } from './heuristic.ts';
import type { ResponseHead } from './request.ts';
import type { RouteRule } from './route-rule.ts';
import type { ResponseDirectives } from './targeted-fields.ts';
import type { TraceWord } from './trace.ts';

/** A freshness lifetime in ms, undefined where nobody gives one, and which switches had a say in it. */
export interface RuledLifetime {
  readonly lifetime: number | undefined;
  readonly reasons: readonly TraceWord[];
}

/** Statuses that a rule's `ttl` covers without naming them; others need `status-ttl`. */
const TTL_STATUSES = new Set([200, 203, 204, 300, 301, 308]);

/**
 * The rule on top of RFC 9111: the upstream's lifetime where it is explicit and the rule respects it, else
 * the rule's per-status ttl, else its ttl, else its share of the time since Last-Modified. Its `max-ttl`
 * bounds all, its jitter shortens all, and an Age that cannot be read ends all where the rule says so.
 * `responseTime` in ms since the epoch, `random` in [0, 1).
 */
export function ruledLifetime(
  response: ResponseHead,
  given: ResponseDirectives,
  rule: RouteRule,
  { responseTime, random }: { readonly responseTime: number; readonly random: number },
): RuledLifetime {
  const reasons: TraceWord[] = [];
  const explicit = explicitLifetime(response, given, responseTime);
  if (explicit !== undefined && rule.origin === 'ignore') reasons.push('origin-ignored');
  const base =
    explicit !== undefined && rule.origin === 'respect'
      ? explicit
      : fallbackLifetime(response, given, rule, responseTime, reasons);
  if (base === undefined) return { lifetime: undefined, reasons };
  if (base > 0 && rule.unreadableAge === 'stale' && hasUnreadableAge(response)) {
    return { lifetime: 0, reasons: [...reasons, 'unreadable-age'] };
  }
  const bounded = Math.min(base, rule.maxTtl ?? base);
  if (bounded < base) reasons.push('rule-max-ttl');
  const lifetime = Math.floor(bounded * (1 - rule.jitter * random));
  if (lifetime < bounded) reasons.push('rule-jitter');
  return { lifetime, reasons };
}

/** Where the upstream states no lifetime that counts. Adds who gives one to `reasons`. */
function fallbackLifetime(
  response: ResponseHead,
  given: ResponseDirectives,
  rule: RouteRule,
  responseTime: number,
  reasons: TraceWord[],
): number | undefined {
  const { status } = response;
  const byStatus = rule.statusTtl.get(status);
  if (byStatus !== undefined) {
    reasons.push('rule-status-ttl');
    return byStatus;
  }
  if (rule.ttl !== undefined && TTL_STATUSES.has(status)) {
    reasons.push('rule-ttl');
    return rule.ttl;
  }
  if (rule.heuristic === 0 || rule.origin === 'ignore') return undefined;
  const guessed = heuristicLifetime(response, given, rule.heuristic, responseTime);
  if (guessed !== undefined) reasons.push('heuristic');
  return guessed;
}
