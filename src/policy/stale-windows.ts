import { type Directives, directiveTime } from './cache-control.ts';

/** How long past its lifetime a response may be served, in ms (RFC 5861 §3, §4). */
export interface StaleWindows {
  readonly whileRevalidate: number;
  readonly ifError: number;
}

/**
 * The windows that the upstream grants; 0 where it grants none, or forbids what it grants. An `s-maxage`
 * leaves a window that stands beside it: its grantor knows that only shared caches obey `s-maxage`, and
 * an extension may override what it modifies (RFC 9111 §5.2.3).
 */
export function grantedWindows(directives: Directives): StaleWindows {
  const isForbidden = demandsValidation(directives);
  const window = (name: string): number => (isForbidden ? 0 : (directiveTime(directives, name) ?? 0));
  return { whileRevalidate: window('stale-while-revalidate'), ifError: window('stale-if-error') };
}

/** True where the response forbids being served stale (RFC 9111 §4.2.4, §5.2.2.2, .8, .10). */
export function forbidsStale(directives: Directives): boolean {
  return demandsValidation(directives) || directives.has('s-maxage');
}

/** `must-revalidate` and `proxy-revalidate` close every window, whoever opened it. */
export function demandsValidation(directives: Directives): boolean {
  return directives.has('must-revalidate') || directives.has('proxy-revalidate');
}
