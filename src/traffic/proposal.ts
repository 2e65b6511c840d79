import { isMomentary, isPersonal } from './path-segment.ts';
import { chooseLifetime, LIFETIMES } from './repetition.ts';
import { nameOf, purgesOf, tagsOf } from './resource-names.ts';
import { isTracking } from './route-profile.ts';
import type { Survey, Surveyed } from './survey.ts';

/** A route as it might be written, and why. */
export interface ProposedRoute {
  readonly name: string;
  readonly pattern: string;
  readonly requests: number;
  /** ms; undefined: nothing is stored. */
  readonly ttl: number | undefined;
  /** Of 404, where it was seen often; ms. */
  readonly notFoundTtl: number | undefined;
  readonly exclude: readonly string[];
  readonly sortsQuery: boolean;
  readonly tags: readonly string[];
  readonly purge: readonly string[];
  /** What was seen, one line each. */
  readonly reasons: readonly string[];
}

export interface Proposal {
  readonly routes: readonly ProposedRoute[];
  /** Patterns that were hardly asked for twice, or hardly answered. */
  readonly left: readonly { readonly pattern: string; readonly requests: number; readonly why: string }[];
  readonly requests: number;
  /** Requests that no proposed route takes. */
  readonly others: number;
}

/** Below this share of requests that an hour would spare, nothing is gained. */
const LEAST_SPARED = 0.03;
/** Above this share of reads that named a user, the answers are theirs. */
const MOST_WITH_USER = 0.2;
/** Of what comes again within seconds, so much may have another size. */
const MOST_RESTLESS = 0.25;
/** From this share on a 404 is worth remembering. */
const MANY_NOT_FOUND = 0.02;
const NOT_FOUND_TTL = 10_000;
const STATIC_TTL = 3_600_000;

/** Proposes routes in order of trial. It never says more than a log can tell: who may see an answer is not in it. */
export function propose({ requests, patterns, others }: Survey): Proposal {
  const verdicts = patterns.map((pattern) => ({ pattern, verdict: judge(pattern) }));
  const cached = verdicts.filter(({ verdict }) => verdict.kind === 'cache').map(({ pattern }) => pattern);
  const names = new Set<string>();
  const routes: ProposedRoute[] = [];
  const left: { pattern: string; requests: number; why: string }[] = [];
  for (const { pattern, verdict } of verdicts) {
    const writes = [...pattern.profile.writes];
    const purge = writes.length === 0 ? [] : purgesOf(pattern, cached);
    if (verdict.kind === 'leave' && purge.length === 0) {
      left.push({ pattern: pattern.pattern, requests: pattern.profile.requests, why: verdict.why });
      continue;
    }
    const isCached = verdict.kind === 'cache';
    const wrote =
      purge.length === 0
        ? []
        : [`written to: ${writes.map(([method, count]) => `${count} ${method}`).join(', ')}`];
    routes.push({
      name: unique(nameOf(pattern), names),
      pattern: pattern.pattern,
      requests: pattern.profile.requests,
      ttl: isCached ? verdict.ttl : undefined,
      notFoundTtl: isCached && isOften(pattern.profile.notFound, pattern) ? NOT_FOUND_TTL : undefined,
      ...(isCached ? queryOf(pattern) : { exclude: [], sortsQuery: false }),
      tags: isCached && !pattern.isTail ? tagsOf(pattern) : [],
      purge,
      reasons: [...(isCached ? verdict.reasons : [verdict.why]), ...wrote],
    });
  }
  const leftRequests = left.reduce((sum, one) => sum + one.requests, 0);
  return { routes, left, requests, others: others + leftRequests };
}

type Verdict =
  | { readonly kind: 'cache'; readonly ttl: number; readonly reasons: readonly string[] }
  /** Not to be stored, and to be seen to be so. */
  | { readonly kind: 'pass'; readonly why: string }
  | { readonly kind: 'leave'; readonly why: string };

function judge(pattern: Surveyed): Verdict {
  const { segments, isTail, profile } = pattern;
  const { reads, succeeded, withUser, withSecret, repetition } = profile;
  const personal = segments.find(isPersonal);
  if (personal !== undefined)
    return {
      kind: 'pass',
      why: `\`${personal}\` sounds like what is one person’s: not to be shared unless you know better`,
    };
  const momentary = segments.find(isMomentary);
  if (momentary !== undefined) return { kind: 'pass', why: `\`${momentary}\` asks how things are now` };
  if (withUser > reads * MOST_WITH_USER)
    return { kind: 'pass', why: `${percent(withUser, reads)} of its reads named a user: not to be shared` };
  if (withSecret > 0)
    return {
      kind: 'pass',
      why: `${withSecret} of its requests had what looks like a secret in the query: not to be shared`,
    };
  if (reads === 0) return { kind: 'leave', why: 'only written to' };
  if (succeeded < reads / 2)
    return { kind: 'leave', why: `${percent(reads - succeeded, reads)} of its reads failed` };
  const most = repetition.spared.at(-1) ?? 0;
  if (most < repetition.requests * LEAST_SPARED)
    return { kind: 'leave', why: 'hardly anything was asked for twice within an hour' };
  if (isTail && profile.writes.size === 0)
    return { kind: 'cache', ttl: STATIC_TTL, reasons: ['files, or what is named like them'] };
  const { lifetime, spared } = chooseLifetime(repetition);
  const [again = 0] = repetition.again;
  const [changed = 0] = repetition.changed;
  const isRestless = changed > again * MOST_RESTLESS;
  return isRestless || spared < LEAST_SPARED
    ? {
        kind: 'leave',
        why: 'its answers differ in size about as often as it is asked for: it seems to change all the time',
      }
    : { kind: 'cache', ttl: lifetime, reasons: seen(pattern) };
}

function seen({ profile: { repetition, withUser, reads } }: Surveyed): string[] {
  const { again, changed } = repetition;
  const reasons: string[] = [];
  const last = LIFETIMES.length - 1;
  const [all = 0, others = 0] = [again[last], changed[last]];
  if (others > 0)
    reasons.push(
      `within an hour ${percent(others, all)} of what was asked for again had another size: it changes`,
    );
  if (withUser > 0)
    reasons.push(`${percent(withUser, reads)} of its reads named a user: these pass by the cache`);
  return reasons;
}

function queryOf({ profile: { parameters, reads } }: Surveyed): { exclude: string[]; sortsQuery: boolean } {
  const tracking = [...parameters.keys()].filter(isTracking);
  const exclude = [...new Set(tracking.map((name) => (/^utm_/i.test(name) ? 'utm_*' : name)))].sort();
  const others = [...parameters].filter(([name, count]) => !isTracking(name) && count > reads / 1_000);
  return { exclude, sortsQuery: others.length > 1 };
}

function isOften(count: number, { profile: { reads } }: Surveyed): boolean {
  return count > reads * MANY_NOT_FOUND;
}

function percent(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (part / whole) * 100;
  return `${share >= 10 || share === 0 ? Math.round(share) : share.toPrecision(1)} %`;
}

function unique(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}-${i}`;
  taken.add(free);
  return free;
}
