import { groupTag } from '../policy/cache-groups.ts';
import type { Purge, Selector } from '../purge/selector.ts';
import { meant } from '../suggestion.ts';
import { flag, members, strings, text } from './body.ts';
import type { AdminParts } from './ports.ts';
import { ProblemError } from './problem.ts';
import { normalised, originOf, parseTarget } from './target.ts';

/** What a purge body asks for. */
export interface PurgeOrder {
  readonly purges: readonly Purge[];
  readonly dryRun: boolean;
}

type SelectorParts = Pick<AdminParts, 'normaliseTarget' | 'routeNames'>;

const SELECTORS = ['url', 'urls', 'tag', 'tags', 'group', 'route', 'prefix', 'glob', 'all'];
const MEMBERS = [...SELECTORS, 'origin', 'soft', 'dry-run'];
const EVERYTHING = 'matches everything; to purge everything, say {"all": true}.';

/** Decodes the body of a purge. Throws a 400 that says which member is wrong and why. */
export function parsePurgeOrder(body: unknown, parts: SelectorParts): PurgeOrder {
  const found = members(body, MEMBERS);
  const soft = flag(found, 'soft');
  const selectors = parseSelectors(found, parts);
  if (selectors.length === 0) {
    throw new ProblemError(400, `Nothing is named to purge: give one of ${SELECTORS.join(', ')}.`);
  }
  return { purges: selectors.map((selector) => ({ selector, soft })), dryRun: flag(found, 'dry-run') };
}

function parseSelectors(found: ReadonlyMap<string, unknown>, parts: SelectorParts): Selector[] {
  const selectors: Selector[] = [];
  const one = (name: string, take: (value: string, name: string) => Selector) => {
    if (found.has(name)) selectors.push(take(text(found.get(name), name), name));
  };
  const many = (name: string, take: (value: string, name: string) => Selector) => {
    if (!found.has(name)) return;
    selectors.push(...strings(found.get(name), name).map((value, i) => take(value, `${name}[${i}]`)));
  };
  const url = (value: string, name: string): Selector => {
    const target = parseTarget(value, name);
    return { kind: 'url', url: originOf(target) + normalised(target, name, parts) };
  };
  const tag = (value: string): Selector => ({ kind: 'tag', tag: value });
  one('url', url);
  many('urls', url);
  one('tag', tag);
  many('tags', tag);
  if (found.has('origin') && !found.has('group')) {
    throw new ProblemError(
      400,
      '"origin" belongs to a "group"; hosts of a "url", "prefix" or "glob" stand in it.',
    );
  }
  one('group', (group) => ({ kind: 'tag', tag: tagOfGroup(group, found) }));
  one('route', (route) => {
    const names = parts.routeNames();
    if (!names.includes(route)) {
      throw new ProblemError(400, `There is no route ${JSON.stringify(route)} – ${meant(route, names)}`);
    }
    return { kind: 'route', route };
  });
  one('prefix', (value, name) => ({ kind: 'prefix', prefix: pattern(value, name, parts, /^\/$/) }));
  one('glob', (value, name) => ({ kind: 'glob', glob: pattern(value, name, parts, /^\/\*{2,}$/) }));
  if (flag(found, 'all')) selectors.push({ kind: 'all' });
  return selectors;
}

/** A cache group belongs to one origin (RFC 9875 §2.1), which has to be named. */
function tagOfGroup(group: string, found: ReadonlyMap<string, unknown>): string {
  if (!found.has('origin')) {
    throw new ProblemError(400, 'A "group" belongs to one origin: give it, as in "http://shop.example".');
  }
  const { scheme, authority, path, query } = parseTarget(text(found.get('origin'), 'origin'), 'origin');
  if (scheme === undefined || authority === undefined || path !== '/' || query !== '') {
    throw new ProblemError(400, '"origin" must be a scheme and a host, as in "http://shop.example".');
  }
  return groupTag(scheme, authority, group);
}

/** A prefix or glob. Its query, if any, is taken literally: it may end anywhere. */
function pattern(value: string, name: string, parts: SelectorParts, everything: RegExp): string {
  const target = parseTarget(value, name);
  const path = normalised({ ...target, query: '' }, name, parts);
  if (/[#\s]/.test(target.query))
    throw new ProblemError(400, `"${name}" is not a target that a request could have.`);
  if (target.authority === undefined && target.query === '' && everything.test(path)) {
    throw new ProblemError(400, `"${name}" ${EVERYTHING}`);
  }
  return originOf(target) + path + target.query;
}

/** A purge as answers and the log show it: `{ "tag": "x", "soft": false }`. */
export function describePurge({ selector, soft }: Purge): Record<string, unknown> {
  switch (selector.kind) {
    case 'url':
      return { url: selector.url, soft };
    case 'tag':
      return { tag: selector.tag, soft };
    case 'route':
      return { route: selector.route, soft };
    case 'prefix':
      return { prefix: selector.prefix, soft };
    case 'glob':
      return { glob: selector.glob, soft };
    case 'all':
      return { all: true, soft };
    default:
      return selector satisfies never;
  }
}
