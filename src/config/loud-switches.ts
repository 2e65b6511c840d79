import type { RouteRule, UnsafeSwitches } from '../policy/route-rule.ts';
import type { Config } from './config.ts';

/** Each setting that gives up a protection, as it is written in the file; SECURITY.md says what it costs. */
export function loudSwitches({ upstream, downstream, routes }: Config): string[] {
  const loud = routes.flatMap((rule) => ofRoute(rule).map((setting) => `route ${rule.name}: ${setting}`));
  if (!upstream.verify) loud.unshift('upstream.tls.verify: false');
  if (downstream.trustForwarded) loud.unshift('clients.trust-forwarded: true');
  return loud;
}

const UNSAFE: Readonly<Record<keyof UnsafeSwitches, string>> = {
  storePrivate: 'unsafe.store-private',
  storeNoStore: 'unsafe.store-no-store',
  storeAuthorized: 'unsafe.store-authorized',
  storeWithoutSetCookie: 'unsafe.store-without-set-cookie',
  storeWithSetCookie: 'unsafe.store-with-set-cookie',
  storeUnprovenLength: 'unsafe.store-unproven-length',
};

function ofRoute({ cache, ttl, statusTtl, unsafe, requestFields, cookies }: RouteRule): string[] {
  if (!cache) return [];
  // Where the upstream alone decides what is fresh, its Vary counts too, as RFC 9111 has it.
  const ruled = ttl !== undefined || statusTtl.size > 0;
  const isOn = (name: string) => unsafe[name as keyof UnsafeSwitches];
  const switches: [boolean, string][] = [
    ...Object.entries(UNSAFE).map(([name, setting]): [boolean, string] => [isOn(name), setting]),
    [ruled && requestFields.unknown === 'ignore', 'request-fields.unknown: ignore'],
    [ruled && cookies === 'ignore', 'cookies: ignore'],
  ];
  return switches.filter(([on]) => on).map(([, setting]) => setting);
}
