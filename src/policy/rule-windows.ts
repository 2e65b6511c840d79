import type { Directives } from './cache-control.ts';
import type { RouteRule } from './route-rule.ts';
import { demandsValidation, grantedWindows, type StaleWindows } from './stale-windows.ts';
import type { TraceWord } from './trace.ts';

/** The windows that count, in ms, and which switches had a say in them. */
export interface RuledWindows extends StaleWindows {
  readonly reasons: readonly TraceWord[];
}

/**
 * The rule on top of RFC 5861: its own windows count where it names them, else the upstream's, unless the
 * upstream is ignored. What the response forbids stays forbidden: with `must-revalidate` no rule opens a
 * window, with an `s-maxage` that counts only where the upstream grants one too.
 */
export function ruledWindows(directives: Directives, rule: RouteRule): RuledWindows {
  const granted = grantedWindows(directives);
  const reasons: TraceWord[] = [];
  const window = (name: string, own: number | undefined, given: number): number => {
    if (demandsValidation(directives)) return 0;
    const isIgnored = rule.origin === 'ignore';
    if (!isIgnored && directives.has('s-maxage') && !directives.has(name)) return 0;
    const counts = own ?? (isIgnored ? 0 : given);
    const reason = own === undefined ? 'origin-ignored' : 'rule-stale-window';
    if (counts !== given && !reasons.includes(reason)) reasons.push(reason);
    return counts;
  };
  return {
    whileRevalidate: window('stale-while-revalidate', rule.staleWhileRevalidate, granted.whileRevalidate),
    ifError: window('stale-if-error', rule.staleIfError, granted.ifError),
    reasons,
  };
}
