import { isSafe } from '../policy/request.ts';
import type { FieldCondition, RouteMatch, TagTemplate } from '../policy/route-rule.ts';
import { formatDuration } from './duration.ts';
import { OWN_FIELDS, parseFieldName } from './field.ts';
import { shown } from './parsed.ts';
import type { Path, Report } from './problems.ts';
import type { ReadRoute } from './route-decoding.ts';
import { meant } from './suggestion.ts';

/** Settings that only a stored response can obey. */
const FOR_STORING = [
  'ttl',
  'status-ttl',
  'origin',
  'max-ttl',
  'jitter',
  'stale-while-revalidate',
  'stale-if-error',
  'eager-refresh',
  'key',
  'vary',
  'tags',
  'max-body',
  'unsafe',
] as const;

/** What no single value shows: settings of one route that contradict each other. */
export function checkRoute(route: ReadRoute, report: Report): void {
  const { rule, own, index } = route;
  const at = (...rest: (string | number)[]): Path => ['routes', index, ...rest];
  const { methods } = rule.match;

  if (!rule.cache && own.cache === false) {
    for (const name of FOR_STORING) {
      if (own[name] !== undefined)
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
  checkTags(own.tags, at('tags'), route, report);
  checkTags(own.purge, at('purge'), route, report);
  checkLifetimes(route, at, report);
  checkFields(route, at, report);
}

function checkLifetimes({ rule, own }: ReadRoute, at: (...rest: string[]) => Path, report: Report): void {
  const most = rule.maxTtl ?? Number.POSITIVE_INFINITY;
  const bound = formatDuration(rule.maxTtl ?? 0);
  if ((rule.ttl ?? 0) > most) {
    const where = own.ttl === undefined ? at('max-ttl') : at('ttl');
    report(
      where,
      `\`ttl\` (${formatDuration(rule.ttl ?? 0)}) is above \`max-ttl\` (${bound}) – lower it, or raise \`max-ttl\``,
    );
  }
  for (const [status, ttl] of own['status-ttl'] ?? []) {
    if (ttl <= most) continue;
    report(
      at('status-ttl'),
      `the lifetime of ${status} (${formatDuration(ttl)}) is above \`max-ttl\` (${bound}) – lower it, or raise \`max-ttl\``,
    );
    break;
  }
  if (own.origin === 'ignore' && rule.ttl === undefined && rule.statusTtl.size === 0) {
    report(
      at('origin'),
      '`origin: ignore` leaves nothing to say how long a response is fresh – give a `ttl`',
    );
  }
}

function checkFields(
  { rule, own }: ReadRoute,
  at: (...rest: (string | number)[]) => Path,
  report: Report,
): void {
  for (const [i, name] of (own.key?.headers ?? []).entries()) {
    if (name === 'cookie')
      report(
        at('key', 'headers', i),
        'the whole Cookie differs for everybody – name cookies under `key: {cookies: [...]}`',
      );
    if (name === 'host')
      report(at('key', 'headers', i), 'the host is always part of the key – remove it here');
  }
  for (const [i, name] of (own['request-fields']?.strip ?? []).entries()) {
    const path = at('request-fields', 'strip', i);
    if (rule.requestFields.forward.has(name))
      report(path, `\`${name}\` is also in \`forward\` – keep one of them`);
    if (rule.key.headers.includes(name))
      report(path, `\`${name}\` is part of the key, yet the upstream would not see it – keep one of them`);
    if (name === 'host')
      report(path, 'no request goes without Host – remove it here, or set `upstream: {host: upstream}`');
  }
  const names = Object.keys(own.response?.set ?? {});
  for (const name of names) {
    const field = parseFieldName(name);
    const path = at('response', 'set', name);
    if ('problem' in field) report(path, field.problem, 'key');
    else if (OWN_FIELDS.has(field.value))
      report(path, `${shown(name)} is written by Cacheside – remove it`, 'key');
    else if (field.value === 'cache-control')
      report(path, 'clients are told by `response: {cache-control: …}` – move the value there', 'key');
    else if (field.value === 'set-cookie')
      report(path, 'a cookie would be the same for everybody – remove it', 'key');
    else if (rule.response.remove.has(field.value))
      report(path, `${shown(name)} is also in \`remove\` – keep one of them`, 'key');
    if (names.some((other) => other !== name && other.toLowerCase() === name.toLowerCase())) {
      report(path, `${shown(name)} stands twice, names differ in case alone – keep one`, 'key');
    }
  }
  for (const [i, name] of (own.response?.remove ?? []).entries()) {
    if (OWN_FIELDS.has(name))
      report(at('response', 'remove', i), `\`${name}\` is written by Cacheside – remove it here`);
  }
  for (const name of Object.keys(own.when?.headers ?? {})) {
    const field = parseFieldName(name);
    if ('problem' in field) report(at('when', 'headers', name), field.problem, 'key');
    else if (field.value === 'host')
      report(at('when', 'headers', name), 'match the host with `when: {host: …}`', 'key');
  }
}

function checkTags(
  tags: readonly TagTemplate[] | undefined,
  path: Path,
  route: ReadRoute,
  report: Report,
): void {
  for (const [i, template] of (tags ?? []).entries()) {
    for (const part of template) {
      if (part.kind !== 'param' || route.params.includes(part.name)) continue;
      const known = route.params.map((name) => `{${name}}`);
      const hint =
        known.length === 0
          ? 'it has no parameters; write `{query.name}` or plain text'
          : meant(`{${part.name}}`, known);
      report(
        [...path, i],
        `the pattern \`${route.rule.match.pattern}\` has no parameter \`:${part.name}\` – ${hint}`,
      );
    }
  }
}

/** What only shows between routes: names given twice, and routes that nothing can reach. */
export function checkRoutes(routes: readonly ReadRoute[], report: Report): void {
  const names = new Map<string, number>();
  for (const [position, { rule, own, index }] of routes.entries()) {
    const before = routes.slice(0, position).find((earlier) => covers(earlier.rule.match, rule.match));
    if (before !== undefined) {
      report(
        ['routes', index, 'match'],
        `never reached: \`${before.rule.name}\` above takes every request of it – move it up, or remove it`,
      );
    }
    const first = names.get(rule.name);
    if (first === undefined) names.set(rule.name, index);
    else if (own.name !== undefined)
      report(
        ['routes', index, 'name'],
        `routes[${first}] is already named \`${rule.name}\` – choose another name`,
      );
    else if (before === undefined) {
      report(
        ['routes', index],
        `without a name it is \`${rule.name}\`, as routes[${first}] is – add \`name:\``,
        'key',
      );
    }
  }
}

/** True where every request of `later` is certainly taken by `earlier`. */
function covers(earlier: RouteMatch, later: RouteMatch): boolean {
  const methods =
    earlier.methods.length === 0 ||
    (later.methods.length > 0 && later.methods.every((method) => earlier.methods.includes(method)));
  const every = earlier.pattern === '*' || earlier.pattern === '/*';
  const shape = (pattern: string) => pattern.replace(/:[A-Za-z0-9_]+/g, ':');
  const pattern = every || shape(earlier.pattern) === shape(later.pattern);
  return methods && pattern && weaker(earlier, later);
}

function weaker(earlier: RouteMatch, later: RouteMatch): boolean {
  const hosts = earlier.hosts.length === 0 || sameList(earlier.hosts, later.hosts);
  return hosts && within(earlier.query, later.query) && within(earlier.headers, later.headers);
}

/** True where every condition of `few` stands in `many` too. */
function within(few: readonly FieldCondition[], many: readonly FieldCondition[]): boolean {
  return few.every((one) => many.some((other) => other.name === one.name && sameValues(other.is, one.is)));
}

function sameValues(a: FieldCondition['is'], b: FieldCondition['is']): boolean {
  return typeof a === 'boolean' || typeof b === 'boolean' ? a === b : sameList(a, b);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}
