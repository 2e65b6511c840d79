import type { Config } from '../config/config.ts';
import { formatDuration } from '../config/duration.ts';
import type { RouteRule } from '../policy/route-rule.ts';
import type { Assumptions } from '../traffic/assumed-response.ts';
import type { SimulationResult } from '../traffic/simulation-result.ts';
import { countOf } from './amounts.ts';

/** What was assumed, one sentence each: what holds always at the end. */
export function assumptionsOf(config: Config, result: SimulationResult, assume: Assumptions): string[] {
  const { untimed, late, unsized, requests, routes, memories } = result;
  const asked = new Set(routes.filter((route) => route.requests > 0).map(({ route }) => route));
  const rules = config.routes.filter(({ name, cache }) => cache && asked.has(name));
  const without = memories.at(-1)?.routes ?? {};
  const silent = rules.filter(({ name }) => (without[name]?.why['no-freshness'] ?? 0) > 0);
  const said: string[] = [];
  const say = (isTrue: boolean, text: string): void => {
    if (isTrue) said.push(text);
  };
  say(
    silent.length > 0,
    `${names(silent)}: nothing is fresh there by a rule, and what the upstream says of it is in no log. So nothing was stored: give the route a ttl, or try --assume-ttl 1m.`,
  );
  const { ttl } = assume;
  say(
    ttl !== undefined && rules.some((rule) => rule.ttl === undefined),
    `The upstream says max-age of ${formatDuration(ttl ?? 0)} where no rule has a ttl, and nothing else (--assume-ttl).`,
  );
  const byFields = rules.filter(readsFields);
  say(
    byFields.length > 0,
    `${names(byFields)}: told apart by header or cookie, which most logs do not have. Requests that say the same URL count as saying the same: the real hit ratio is lower.`,
  );
  say(untimed === requests, 'No line names a time: nothing ever expired.');
  say(
    untimed > 0 && untimed < requests,
    `${countOf(untimed, 'line')} without a time: as if made with the line before.`,
  );
  say(
    late > 0,
    `${countOf(late, 'line')} more than 5 s older than one before: as if made at that one’s time. Name the logs in order of time.`,
  );
  say(unsized > 0, `${countOf(unsized, 'line')} without a size: empty bodies.`);
  const compressing = rules.filter(({ compress }) => compress.length > 0);
  say(
    compressing.length > 0,
    `${names(compressing)}: \`compress\` keeps coded forms beside; they are not counted.`,
  );
  say(
    config.workers > 1,
    `One process; ${config.workers} workers share the limit, and each has its own part of the traffic.`,
  );
  say(
    rules.some(({ cookies, requestFields }) => cookies === 'bypass' || requestFields.unknown === 'bypass'),
    'Requests carry no cookies and no fields that would make them pass by the cache, unless the log has them (Caddy’s does).',
  );
  say(
    rules.length > 0,
    `Responses have no Set-Cookie, private or no-store, ${assume.etag ? 'an ETag, ' : 'no validator, '}and fields of some 200 bytes. What clients had already (304) or got in part (206) has the size it was seen in, or its route’s mean.`,
  );
  say(
    rules.length > 0,
    'Memory alone, cold at the start: no Redis, no purges by operators. Simultaneous requests of a cold URL, which collapse, count as hits.',
  );
  return said;
}

function readsFields({ key, match }: RouteRule): boolean {
  return key.headers.length > 0 || key.cookies.length > 0 || match.headers.length > 0;
}

function names(rules: readonly RouteRule[]): string {
  return rules.map(({ name }) => name).join(', ');
}
