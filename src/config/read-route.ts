import type { RouteRule } from '../policy/route-rule.ts';
import type { RouteInput } from './schema-route.ts';

/** A route that was read, with the settings it does not inherit. */
export interface ReadRoute {
  readonly rule: RouteRule;
  /** Path parameters of the pattern. */
  readonly params: readonly string[];
  readonly own: Partial<RouteInput>;
  readonly index: number;
}
