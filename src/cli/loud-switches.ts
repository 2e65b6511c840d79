import type { Config } from '../config/config.ts';
import type { RouteRule } from '../policy/route-rule.ts';

/** Each setting that gives up a protection, as it is written in the file; SECURITY.md says what it costs. */
export function loudSwitches({ upstream, downstream, routes }: Config): string[] {
  const loud = routes.flatMap((rule) => ofRoute(rule).map((setting) => `route ${rule.name}: ${setting}`));
  if (!upstream.verify) loud.unshift('upstream.tls.verify: false');
  if (downstream.trustForwarded) loud.unshift('clients.trust-forwarded: true');
  return loud;
}

function ofRoute({ cache, ttl, statusTtl, unsafe, requestFields, cookies }: RouteRule): string[] {
  if (!cache) return [];
  // Where the upstream alone decides what is fresh, its Vary counts too, as RFC 9111 has it.
  const ruled = ttl !== undefined || statusTtl.size > 0;
  const switches: [boolean, string][] = [
    [unsafe.storePrivate, 'unsafe.store-private'],
    [unsafe.storeNoStore, 'unsafe.store-no-store'],
    [unsafe.storeAuthorized, 'unsafe.store-authorized'],
    [unsafe.storeWithoutSetCookie, 'unsafe.store-without-set-cookie'],
    [ruled && requestFields.unknown === 'ignore', 'request-fields.unknown: ignore'],
    [ruled && cookies === 'ignore', 'cookies: ignore'],
  ];
  return switches.filter(([on]) => on).map(([, setting]) => setting);
}
