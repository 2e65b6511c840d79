import type { RouteSettings } from './schema-route.ts';

/** Sections whose keys are inherited one by one. */
const SECTIONS = ['key', 'vary', 'request-fields', 'surrogate-tags', 'response', 'unsafe'] as const;

/** The settings of `own` over those of `inherited`. */
export function inherit(
  inherited: Partial<RouteSettings>,
  own: Partial<RouteSettings>,
): Partial<RouteSettings> {
  const merged: Partial<RouteSettings> = { ...inherited, ...own };
  for (const name of SECTIONS) {
    if (inherited[name] !== undefined && own[name] !== undefined) {
      Object.assign(merged, { [name]: { ...inherited[name], ...own[name] } });
    }
  }
  return merged;
}
