import { isSafe } from '../policy/request.ts';
import type { RouteRule, TagTemplate } from '../policy/route-rule.ts';
import { meant } from '../suggestion.ts';
import { checkCompress } from './compress-check.ts';
import { formatDuration } from './duration.ts';
import { OWN_FIELDS, parseFieldName } from './field.ts';
import { shown } from './parsed.ts';
import type { Path, Report } from './problems.ts';
import type { ReadRoute } from './read-route.ts';
import type { RouteSettings } from './schema-route.ts';

/** Settings that only a stored response can obey. */
const FOR_STORING = [
  'ttl',
  'status-ttl',
  'origin',
  'heuristic',
  'targeted-fields',
  'unreadable-age',
  'no-vary-search',
  'post',
  'range',
  'max-ttl',
  'jitter',
  'stale-while-revalidate',
  'stale-if-error',
  'eager-refresh',
  'key',
  'vary',
  'tags',
  'compress',
  'max-body',
  'unsafe',
] as const;

/** Request fields whose value another spelling would change. */
const NO_LISTS = new Set([
  'authorization',
  'cookie',
  'host',
  'if-modified-since',
  'if-none-match',
  'range',
  'user-agent',
]);

/** What no single value shows: settings of one route that contradict each other. */
export function checkRoute(route: ReadRoute, report: Report): void {
  const { rule, own, index } = route;
  const at = (...rest: (string | number)[]): Path => ['routes', index, ...rest];
  const { methods } = rule.match;

  if (own.cache === false) {
    for (const name of FOR_STORING) {
      if (own[name] === undefined) continue;
      report(at(name), `\`${name}\` has no effect with \`cache: false\` – remove one of them`, 'key');
    }
  }
  const stores = methods.length === 0 || methods.includes('GET') || methods.includes('HEAD');
  if (own.tags !== undefined && !stores) {
    report(
      at('tags'),
      'only responses to GET are stored, and this route takes none – remove `tags`, or match GET',
      'key',
    );
  }
  if (own.purge !== undefined && methods.length > 0 && methods.every(isSafe)) {
    report(
      at('purge'),
      'only an unsafe method invalidates, and this route takes none – remove `purge`, or match for instance POST',
      'key',
    );
  }
  if (rule.cache && rule.origin === 'ignore' && rule.ttl === undefined && rule.statusTtl.size === 0) {
    const where = own.origin === undefined ? ['defaults', 'origin'] : at('origin');
    report(where, '`origin: ignore` leaves nothing to say how long a response is fresh – give a `ttl`');
  }
  if (own.post === true && rule.cache) checkPost(rule, at('post'), report);
  checkTags(rule.tags, own.tags === undefined ? ['defaults', 'tags'] : at('tags'), route, report);
  checkTags(rule.purge, own.purge === undefined ? ['defaults', 'purge'] : at('purge'), route, report);
  checkSettings(own, rule, at(), report);
  for (const name of Object.keys(own.when?.headers ?? {})) {
    const field = parseFieldName(name);
    if ('problem' in field) report(at('when', 'headers', name), field.problem, 'key');
    else if (field.value === 'host') {
      report(at('when', 'headers', name), 'is matched by `when: {host: …}` – move the value there', 'key');
    }
  }
}

/** Whether what a POST leaves can be stored here, and found. */
function checkPost({ match, origin }: RouteRule, path: Path, report: Report): void {
  const takes = (method: string) => match.methods.length === 0 || match.methods.includes(method);
  if (!takes('POST')) {
    report(path, 'this route takes no POST – match for instance `GET|POST`, or remove `post`', 'key');
  } else if (!takes('GET')) {
    report(
      path,
      'the response to a POST is stored for GETs, and this route takes none – match for instance `GET|POST`, or remove `post`',
      'key',
    );
  } else if (origin === 'ignore') {
    report(
      path,
      "has no effect with `origin: ignore`, since only the upstream's own freshness counts for a POST – remove one of them",
      'key',
    );
  }
}

/** What routes and `defaults` have in common: `own` stands at `path`, `rule` is what it becomes. */
export function checkSettings(
  own: Partial<RouteSettings>,
  rule: RouteRule,
  path: Path,
  report: Report,
): void {
  checkLifetimes(own, rule, path, report);
  checkUnsafe(own.unsafe, rule, [...path, 'unsafe'], report);
  checkRequestFields(own, rule, path, report);
  checkResponse(own.response, rule, [...path, 'response'], report);
  checkCompress(own, rule, path, report);
}

function checkLifetimes(own: Partial<RouteSettings>, rule: RouteRule, path: Path, report: Report): void {
  if (rule.maxTtl === undefined) return;
  const bound = formatDuration(rule.maxTtl);
  const hint = `is above \`max-ttl\` (${bound}) – lower it, or raise \`max-ttl\``;
  if ((own.ttl !== undefined || own['max-ttl'] !== undefined) && (rule.ttl ?? 0) > rule.maxTtl) {
    const where = own.ttl === undefined ? 'max-ttl' : 'ttl';
    report([...path, where], `\`ttl\` (${formatDuration(rule.ttl ?? 0)}) ${hint}`);
  }
  const above = [...(own['status-ttl'] ?? [])].find(([, ttl]) => ttl > (rule.maxTtl ?? ttl));
  if (above !== undefined) {
    report([...path, 'status-ttl'], `the lifetime of ${above[0]} (${formatDuration(above[1])}) ${hint}`);
  }
}

function checkUnsafe(own: RouteSettings['unsafe'], { unsafe }: RouteRule, path: Path, report: Report): void {
  if (own === undefined || !unsafe.storeWithSetCookie || !unsafe.storeWithoutSetCookie) return;
  const where = [
    ...path,
    own['store-with-set-cookie'] ? 'store-with-set-cookie' : 'store-without-set-cookie',
  ];
  report(where, 'the cookie is either kept or removed – keep one of the two switches', 'key');
}

function checkRequestFields(own: Partial<RouteSettings>, rule: RouteRule, path: Path, report: Report): void {
  for (const [i, name] of (own.key?.headers ?? []).entries()) {
    const where = [...path, 'key', 'headers', i];
    if (name === 'cookie') {
      report(where, 'the whole Cookie differs for everybody – name cookies under `key: {cookies: [...]}`');
    } else if (name === 'host') report(where, 'the host is always part of the key – remove it here');
  }
  for (const [i, name] of (own['request-fields']?.normalise ?? []).entries()) {
    if (!NO_LISTS.has(name)) continue;
    report(
      [...path, 'request-fields', 'normalise', i],
      `\`${name}\` is no list in which order and case do not matter – remove it here`,
    );
  }
  for (const [i, name] of (own['request-fields']?.strip ?? []).entries()) {
    const where = [...path, 'request-fields', 'strip', i];
    if (rule.requestFields.forward.has(name))
      report(where, `\`${name}\` is also in \`forward\` – keep one of them`);
    else if (rule.key.headers.includes(name)) {
      report(where, `\`${name}\` is part of the key, yet the upstream would not see it – keep one of them`);
    } else if (name === 'host') {
      report(where, 'no request goes without Host – remove it here, or set `upstream: {host: upstream}`');
    }
  }
}

function checkResponse(own: RouteSettings['response'], rule: RouteRule, path: Path, report: Report): void {
  const names = Object.keys(own?.set ?? {});
  for (const name of names) {
    const problem = setProblem(name, names, rule);
    if (problem !== undefined) report([...path, 'set', name], problem, 'key');
  }
  for (const [i, name] of (own?.remove ?? []).entries()) {
    if (OWN_FIELDS.has(name))
      report([...path, 'remove', i], `\`${name}\` is written by Cacheside – remove it here`);
  }
}

function setProblem(name: string, names: readonly string[], rule: RouteRule): string | undefined {
  const field = parseFieldName(name);
  if ('problem' in field) return field.problem;
  if (OWN_FIELDS.has(field.value)) return `${shown(name)} is written by Cacheside – remove it`;
  if (field.value === 'cache-control') {
    return 'clients are told by `response: {cache-control: …}` – move the value there';
  }
  if (field.value === 'set-cookie') return 'a cookie would be the same for everybody – remove it';
  if (rule.response.remove.has(field.value)) return `${shown(name)} is also in \`remove\` – keep one of them`;
  const twin = names.find((other) => other !== name && other.toLowerCase() === field.value);
  return twin === undefined
    ? undefined
    : `${shown(name)} and ${shown(twin)} are the same field – keep one of them`;
}

/** A tag whose parameter the pattern lacks would never be given, and a purge of it would miss. */
export function checkTags(
  tags: readonly TagTemplate[],
  path: Path,
  route: Pick<ReadRoute, 'rule' | 'params'>,
  report: Report,
): void {
  for (const [i, template] of tags.entries()) {
    for (const part of template) {
      if (part.kind !== 'param' || route.params.includes(part.name)) continue;
      const known = route.params.map((name) => `{${name}}`);
      const hint =
        known.length === 0
          ? 'it has no parameters: write `{query.name}` or plain text'
          : meant(`{${part.name}}`, known);
      const { pattern } = route.rule.match;
      report([...path, i], `the pattern \`${pattern}\` has no parameter \`:${part.name}\` – ${hint}`);
    }
  }
}
