import { fieldValue } from '../policy/fields.ts';
import type { RequestHead } from '../policy/request.ts';
import type { FieldCondition, RouteRule } from '../policy/route-rule.ts';
import type { Settled } from './settle.ts';

/** The route that takes a request, and what its pattern captured. */
export interface MatchedRoute {
  readonly rule: RouteRule;
  readonly params: Readonly<Record<string, string>>;
  /** Whether a field of the request had a part in it. */
  readonly byFields: boolean;
}

export interface RouteTable {
  readonly rules: readonly RouteRule[];
  /** The first route in order that takes the request; undefined where none does. */
  match(request: RequestHead): MatchedRoute | undefined;
  /** Every route that `match` tries, in order: the last is the one that takes the request, where one does. */
  trials(request: RequestHead): Trial[];
  /** The rules that might take a request like this one, whatever its fields say. */
  candidates(request: RequestHead): RouteRule[];
  /** What the requests of a place (`RequestHead.place`) come to, once that is known. */
  readonly settled: WeakMap<object, Settled>;
}

/** A route that was tried. */
export interface Trial {
  readonly rule: RouteRule;
  /** undefined: its pattern does not take the path. */
  readonly params: Readonly<Record<string, string>> | undefined;
  /** undefined: it takes the request. */
  readonly misfit: Misfit | undefined;
}

/** What of a route a request does not meet: a condition is one of its query or of its headers. */
export type Misfit = 'path' | 'method' | 'host' | FieldCondition;

/** Compiles the routes once, in order of trial. */
export function createRouteTable(rules: readonly RouteRule[]): RouteTable {
  const firstByFields = rules.findIndex(({ match }) => match.headers.length > 0);
  const compiled = rules.map((rule, i) => ({
    rule,
    pattern: compilePattern(rule.match.pattern),
    byFields: firstByFields >= 0 && firstByFields <= i,
  }));
  return {
    rules,
    match(request) {
      for (const { rule, pattern, byFields } of compiled) {
        const params = pattern(request.path);
        if (params !== undefined && misfit(request, rule) === undefined) return { rule, params, byFields };
      }
      return undefined;
    },
    trials(request) {
      const tried: Trial[] = [];
      for (const { rule, pattern } of compiled) {
        const params = pattern(request.path);
        const why = params === undefined ? 'path' : misfit(request, rule);
        tried.push({ rule, params, misfit: why });
        if (why === undefined) break;
      }
      return tried;
    },
    candidates(request) {
      const suiting = compiled
        .filter(({ rule, pattern }) => pattern(request.path) !== undefined && !misfitOfTarget(request, rule))
        .map(({ rule }) => rule);
      const last = suiting.findIndex(({ match }) => match.headers.length === 0);
      return last < 0 ? suiting : suiting.slice(0, last + 1);
    },
    settled: new WeakMap(),
  };
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

/**
 * One character of a segment that every upstream reads as part of it. What some read as its end – `;`,
 * and `/`, `\`, `#`, `?` or a control character in disguise, however often encoded – is none, so that
 * `/account/me;x.css` is no style sheet.
 */
const PLAIN = '(?:[^/;%]|%(?!(?:25)*(?:2[Ff]|5[Cc]|3[BbFf]|23|7[Ff]|[01][0-9A-Fa-f])))';

/**
 * `:name` takes one segment, `*` as a whole last segment takes the rest, `*` elsewhere takes part of
 * a segment. The expression is anchored and each star is bounded by its segment, so that matching is
 * linear in the path.
 */
function compilePattern(pattern: string): (path: string) => Readonly<Record<string, string>> | undefined {
  if (pattern === '*' || pattern === '/*') return () => NO_PARAMS;
  if (!/[:*]/.test(pattern)) return (path) => (path === pattern ? NO_PARAMS : undefined);
  const names: string[] = [];
  const body = pattern.endsWith('/*') ? pattern.slice(0, -2) : pattern;
  const source = body.replace(/:([A-Za-z_]\w*)|\*|[\\^$.|?+()[\]{}]/g, (token, name: string | undefined) => {
    if (name !== undefined) names.push(name);
    return name !== undefined ? `(${PLAIN}+)` : token === '*' ? `${PLAIN}*` : `\\${token}`;
  });
  const expression = new RegExp(`^${source}${body === pattern ? '' : '(?:/.*)?'}$`);
  return (path) => {
    const match = expression.exec(path);
    if (match === null) return undefined;
    if (names.length === 0) return NO_PARAMS;
    const params: Record<string, string> = Object.create(null);
    for (const [index, name] of names.entries()) params[name] = match[index + 1] as string;
    return params;
  };
}

/** The first condition beside the path that a request does not meet. */
function misfit(request: RequestHead, rule: RouteRule): Misfit | undefined {
  return misfitOfTarget(request, rule) ?? misfitOfFields(request, rule);
}

function misfitOfTarget(request: RequestHead, { match }: RouteRule): Misfit | undefined {
  if (match.methods.length > 0 && !match.methods.includes(request.method)) return 'method';
  if (match.hosts.length > 0 && !match.hosts.some((host) => isHost(request.authority, host))) return 'host';
  if (match.query.length === 0) return undefined;
  const query = new URLSearchParams(request.query);
  return match.query.find((condition) => !holds(condition, query.get(condition.name) ?? undefined));
}

function misfitOfFields({ fields }: RequestHead, { match }: RouteRule): Misfit | undefined {
  return match.headers.find((condition) => !holds(condition, fieldValue(fields, condition.name)));
}

function isHost(authority: string, host: string): boolean {
  const name = host.includes(':') ? authority : authority.replace(/:\d+$/, '');
  return host.startsWith('*.') ? name.endsWith(host.slice(1)) : name === host;
}

function holds(condition: FieldCondition, value: string | undefined): boolean {
  if (typeof condition.is === 'boolean') return condition.is === (value !== undefined);
  return value !== undefined && condition.is.includes(value);
}
