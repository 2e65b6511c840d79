import { cacheKey, effectiveUrl } from '../policy/cache-key.ts';
import { normaliseFields } from '../policy/normalise-fields.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { Exchange } from './exchange.ts';
import type { Sidecar } from './sidecar.ts';

/** Settles what a request is looked up by: its fields as the rule has them, then its URL and cache key. */
export function identify(x: Exchange, sidecar: Sidecar, rule: RouteRule): void {
  const { normalise } = rule.requestFields;
  if (normalise.size > 0) x.request = { ...x.request, fields: normaliseFields(x.request.fields, normalise) };
  x.url = effectiveUrl(x.request, rule.key);
  x.key = cacheKey(x.url, x.request, rule.key, sidecar.digest);
}
