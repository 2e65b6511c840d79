import type { Config } from '../config/config.ts';
import { formatDuration } from '../config/duration.ts';
import type { Environment } from '../config/interpolation.ts';
import { loadConfig } from '../config/load.ts';
import { loudSwitches } from '../config/loud-switches.ts';
import { ConfigError, type Problem } from '../config/problems.ts';
import type { FieldCondition, RouteRule, TagTemplate } from '../policy/route-rule.ts';
import { idleSettings } from './idle-settings.ts';
import { formatTable } from './table.ts';

/**
 * `cacheside check FILE`: the routes in order of trial, and OK. Throws a ConfigError that lists every
 * problem of the file.
 */
export function check(file: string, env: Environment): string {
  return describe(loadConfig({ file, flags: {}, env }));
}

/** What `check --json` prints: the same, as data. */
export type Checked =
  | {
      readonly ok: true;
      readonly file: string | undefined;
      readonly upstream: string;
      /** In order of trial, in the words of the table; null where it does not apply. */
      readonly routes: readonly CheckedRoute[];
      /** Settings that give up a protection. */
      readonly without: readonly string[];
      /** Settings that have no effect, for there is no Redis. */
      readonly idle: readonly string[];
    }
  | { readonly ok: false; readonly file: string; readonly problems: readonly Problem[] };

interface CheckedRoute {
  readonly route: string;
  readonly match: string;
  readonly when: string | null;
  readonly cache: boolean;
  readonly ttl: string | null;
  readonly key: string | null;
  readonly tags: readonly string[];
  readonly purge: readonly string[];
}

/** `cacheside check --json FILE`. Never throws a ConfigError. */
export function checkAsJson(file: string, env: Environment): Checked {
  try {
    const config = loadConfig({ file, flags: {}, env });
    return {
      ok: true,
      file: config.file,
      upstream: config.upstream.origin,
      routes: config.routes.map(checkedRoute),
      without: loudSwitches(config),
      idle: idleSettings(config),
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { ok: false, file, problems: error.problems };
  }
}

function checkedRoute(rule: RouteRule): CheckedRoute {
  const when = conditions(rule);
  return {
    route: rule.name,
    match: [rule.match.methods.join('|'), rule.match.pattern].filter((part) => part !== '').join(' '),
    when: when === '' ? null : when,
    cache: rule.cache,
    ttl: rule.cache ? freshness(rule) : null,
    key: rule.cache ? keyParts(rule) : null,
    tags: rule.tags.map(formatTag),
    purge: rule.purge.map(formatTag),
  };
}

function describe(config: Config): string {
  const heading = ['#', 'route', 'match', 'when', 'ttl', 'key', 'tags', 'purge'];
  const rows = config.routes
    .map(checkedRoute)
    .map((found, i) => [
      String(i + 1),
      found.route,
      found.match,
      found.when ?? '-',
      found.ttl ?? 'not stored',
      found.key ?? '-',
      found.tags.join(' ') || '-',
      found.purge.join(' ') || '-',
    ]);
  const count = config.routes.length;
  const routes = count === 1 ? '1 route' : `${count} routes`;
  const loud = loudSwitches(config).map((setting) => `without protection (SECURITY.md): ${setting}\n`);
  const idle = idleSettings(config).map((setting) => `without effect, for there is no Redis: ${setting}\n`);
  return `${formatTable([heading, ...rows])}\n\n${[...loud, ...idle].join('')}OK: ${config.file}: ${routes}, upstream ${config.upstream.origin}\n`;
}

function freshness(rule: RouteRule): string {
  const ttl = rule.ttl === undefined ? 'upstream' : formatDuration(rule.ttl);
  return rule.origin === 'ignore' ? `${ttl} (always)` : ttl;
}

function keyParts({ key }: RouteRule): string {
  const query =
    typeof key.include === 'string'
      ? `${key.include === 'all' ? 'query' : 'no query'}${key.exclude.map((name) => ` -${name}`).join('')}`
      : `query ${[...key.include].join(',')}`;
  const headers = key.headers.map((name) => `header ${name}`);
  const cookies = key.cookies.map((name) => `cookie ${name}`);
  return [key.sort ? `${query} sorted` : query, ...headers, ...cookies].join(', ');
}

function conditions({ match }: RouteRule): string {
  const parts = [
    ...match.hosts.map((host) => `host ${host}`),
    ...match.query.map((condition) => `query ${fieldCondition(condition)}`),
    ...match.headers.map((condition) => `header ${fieldCondition(condition)}`),
  ];
  return parts.join(', ');
}

function fieldCondition({ name, is }: FieldCondition): string {
  if (typeof is === 'boolean') return is ? name : `without ${name}`;
  return `${name}=${is.join('|')}`;
}

function formatTag(template: TagTemplate): string {
  return template
    .map((part) => {
      if (part.kind === 'text') return part.text;
      return part.kind === 'param' ? `{${part.name}}` : `{${part.kind}.${part.name}}`;
    })
    .join('');
}
