import { loadConfig } from '../config/load.ts';
import { parseRequestTarget } from '../policy/request-target.ts';
import { createRouteTable } from '../proxy/route-table.ts';
import { type PathPattern, patternsOf } from './path-patterns.ts';
import { createPathTree, foldTree } from './path-tree.ts';
import { createRouteProfile, type RouteProfile, type RouteProfileCount } from './route-profile.ts';
import type { TrafficRequest } from './traffic-request.ts';

/** A pattern, and what was seen of its requests. */
export interface Surveyed extends PathPattern {
  readonly profile: RouteProfile;
}

/** What a log comes to, seen by path. */
export interface Survey {
  readonly requests: number;
  /** In order of trial. */
  readonly patterns: readonly Surveyed[];
  /** Requests that none of them takes. */
  readonly others: number;
}

/** More routes nobody reads. */
const MOST_PATTERNS = 40;

/** Finds the patterns among the paths of requests that were answered, reading them twice. */
export async function survey(read: () => AsyncIterable<readonly TrafficRequest[]>): Promise<Survey> {
  const { root, add } = createPathTree();
  for await (const requests of read()) {
    for (const { target, status = 200 } of requests) {
      const path = status < 400 ? parseRequestTarget(target)?.path : undefined;
      // Whoever looks for holes asks for anything.
      if (path !== undefined) add(path);
    }
  }
  foldTree(root);
  const all = patternsOf(root);
  const least = all.map(({ requests }) => requests).sort((a, b) => b - a)[MOST_PATTERNS - 1] ?? 0;
  const patterns = all.filter(({ requests }) => requests >= least).slice(0, MOST_PATTERNS);
  const profiles = patterns.map((): RouteProfileCount => createRouteProfile());
  const match = matcherOf(patterns);
  let requests = 0;
  let others = 0;
  let now = 0;
  for await (const some of read()) {
    for (const request of some) {
      requests++;
      now = Math.max(now, request.time ?? now);
      const parsed = parseRequestTarget(request.target);
      const at = parsed === undefined ? undefined : match(request.method, parsed.path);
      const profile = at === undefined ? undefined : profiles[at];
      if (parsed === undefined || profile === undefined) others++;
      else profile.add(request, parsed.path, parsed.query, now);
    }
  }
  const surveyed = patterns.flatMap((pattern, i): Surveyed[] => {
    const profile = profiles[i];
    return profile === undefined ? [] : [{ ...pattern, profile }];
  });
  return { requests, patterns: surveyed, others };
}

/** The place of the pattern that takes a path, by the route table itself. */
function matcherOf(patterns: readonly PathPattern[]): (method: string, path: string) => number | undefined {
  if (patterns.length === 0) return () => undefined;
  const routes = patterns.map(({ pattern }, i) => ({ name: String(i), match: pattern, cache: false }));
  const text = JSON.stringify({ upstream: 'http://127.0.0.1:1', routes });
  const { routes: rules } = loadConfig({ file: 'patterns.yaml', flags: {}, env: {}, readFile: () => text });
  const table = createRouteTable(rules);
  return (method, path) => {
    const route = table.match({
      method,
      scheme: 'http',
      authority: 'localhost',
      path,
      query: '',
      fields: [],
    });
    return route === undefined ? undefined : Number(route.rule.name);
  };
}
