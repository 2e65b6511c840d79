import type { Config } from '../config/config.ts';
import { formatDuration } from '../config/duration.ts';
import type { Environment } from '../config/interpolation.ts';
import { loadConfig } from '../config/load.ts';
import { loudSwitches } from '../config/loud-switches.ts';
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

function describe(config: Config): string {
  const heading = ['#', 'route', 'match', 'when', 'ttl', 'key', 'tags', 'purge'];
  const rows = config.routes.map((rule, i) => [
    String(i + 1),
    rule.name,
    [rule.match.methods.join('|'), rule.match.pattern].filter((part) => part !== '').join(' '),
    conditions(rule),
    rule.cache ? freshness(rule) : 'not stored',
    rule.cache ? keyParts(rule) : '-',
    tags(rule.tags),
    tags(rule.purge),
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
  return parts.length === 0 ? '-' : parts.join(', ');
}

function fieldCondition({ name, is }: FieldCondition): string {
  if (typeof is === 'boolean') return is ? name : `without ${name}`;
  return `${name}=${is.join('|')}`;
}

function tags(templates: readonly TagTemplate[]): string {
  return templates.length === 0 ? '-' : templates.map(formatTag).join(' ');
}

function formatTag(template: TagTemplate): string {
  return template
    .map((part) => {
      if (part.kind === 'text') return part.text;
      return part.kind === 'param' ? `{${part.name}}` : `{${part.kind}.${part.name}}`;
    })
    .join('');
}
