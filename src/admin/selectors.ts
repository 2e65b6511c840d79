import { groupTag } from '../policy/cache-groups.ts';
import type { Purge, Selector } from '../purge/selector.ts';
import { meant } from '../suggestion.ts';
import { flag, strings, text } from './body.ts';
import type { AdminParts } from './ports.ts';
import { ProblemError } from './problem.ts';
import { normalised, notATarget, originOf, parseTarget } from './target.ts';

type SelectorParts = Pick<AdminParts, 'storedTargets' | 'routeNames'>;

const SELECTORS = ['url', 'urls', 'tag', 'tags', 'group', 'route', 'prefix', 'glob', 'all'];
/** What one purge of a body may say. */
export const PURGE_MEMBERS = [...SELECTORS, 'origin', 'soft'];
const EVERYTHING = 'matches everything; to purge everything, say {"all": true}.';

/**
 * Decodes one purge, whose members begin with `at` in what is said of them. Throws a 400 that says which
 * member is wrong and why.
 */
export function parsePurges(found: ReadonlyMap<string, unknown>, at: string, parts: SelectorParts): Purge[] {
  const soft = flag(found, 'soft', `${at}soft`);
  const selectors = parseSelectors(found, at, parts);
  if (selectors.length === 0) {
    const where = at === '' ? 'Nothing' : `In "${at.slice(0, -1)}" nothing`;
    throw new ProblemError(400, `${where} is named to purge: give one of ${SELECTORS.join(', ')}.`);
  }
  return selectors.map((selector) => ({ selector, soft }));
}

function parseSelectors(found: ReadonlyMap<string, unknown>, at: string, parts: SelectorParts): Selector[] {
  const selectors: Selector[] = [];
  const one = (name: string, take: (value: string, called: string) => Selector | Selector[]) => {
    if (found.has(name)) selectors.push(...[take(text(found.get(name), at + name), at + name)].flat());
  };
  const many = (name: string, take: (value: string, called: string) => Selector | Selector[]) => {
    if (!found.has(name)) return;
    const values = strings(found.get(name), at + name);
    selectors.push(...values.flatMap((value, i) => take(value, `${at}${name}[${i}]`)));
  };
  const url = (value: string, called: string): Selector[] => {
    const target = parseTarget(value, called);
    const forms = parts.storedTargets(target.path + target.query, target.authority);
    if (forms.length === 0) throw notATarget(called);
    return forms.map((form) => ({ kind: 'url', url: originOf(target) + form }));
  };
  const tag = (value: string): Selector => ({ kind: 'tag', tag: value });
  one('url', url);
  many('urls', url);
  one('tag', tag);
  many('tags', tag);
  if (found.has('origin') && !found.has('group')) {
    throw new ProblemError(
      400,
      `"${at}origin" belongs to a "group"; hosts of a "url", "prefix" or "glob" stand in it.`,
    );
  }
  one('group', (group) => ({ kind: 'tag', tag: tagOfGroup(group, found, at) }));
  one('route', (route) => {
    const names = parts.routeNames();
    if (!names.includes(route)) {
      throw new ProblemError(400, `There is no route ${JSON.stringify(route)} – ${meant(route, names)}`);
    }
    return { kind: 'route', route };
  });
  one('prefix', (value, called) => ({ kind: 'prefix', prefix: pattern(value, called, /^\/$/) }));
  one('glob', (value, called) => ({ kind: 'glob', glob: pattern(value, called, /^\/\*{2,}$/) }));
  if (flag(found, 'all', `${at}all`)) selectors.push({ kind: 'all' });
  return selectors;
}

/** A cache group belongs to one origin (RFC 9875 §2.1), which has to be named. */
function tagOfGroup(group: string, found: ReadonlyMap<string, unknown>, at: string): string {
  const called = `${at}origin`;
  if (!found.has('origin')) {
    throw new ProblemError(
      400,
      `A "group" belongs to one origin: give it as "${called}", as in "http://shop.example".`,
    );
  }
  const { scheme, authority, path, query } = parseTarget(text(found.get('origin'), called), called);
  if (scheme === undefined || authority === undefined || path !== '/' || query !== '') {
    throw new ProblemError(400, `"${called}" must be a scheme and a host, as in "http://shop.example".`);
  }
  return groupTag(scheme, authority, group);
}

/** A prefix or glob that means not everything. */
function pattern(value: string, name: string, everything: RegExp): string {
  const prefix = prefixOf(value, name);
  if (everything.test(prefix)) throw new ProblemError(400, `"${name}" ${EVERYTHING}`);
  return prefix;
}

/** How URLs begin, as stored ones are written. A query, if any, is taken literally: it may end anywhere. Throws a 400. */
export function prefixOf(value: string, name: string): string {
  const target = parseTarget(value, name);
  const path = normalised({ ...target, query: '' }, name);
  if (/[#\s]/.test(target.query)) throw notATarget(name);
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
