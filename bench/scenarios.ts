import { meshFields } from './mesh-fields.ts';
import type { RequestPlan } from './request-plan.ts';
import type { Scenario } from './scenario.ts';
import { ETAG } from './upstream-answer.ts';
import { zipf } from './zipf.ts';

const KIB = 1024;
const FRESH = 'public, max-age=600';
const ONE = '/products/42';

const hit = {
  trial: { kind: 'saturated' },
  upstream: { size: '1024', cacheControl: FRESH, delay: 0 },
  memory: 256,
  redis: false,
  plan: (): RequestPlan => ({ paths: [ONE] }),
  primed: [ONE],
  sample: ONE,
  status: 200,
  cacheStatus: /^cacheside; hit; .*detail=memory$/,
  outcomes: ['hit'],
  upstreamShare: [0, 0],
  answerBytes: [KIB, 2 * KIB],
  variants: ['no-log', 'shipped'],
  peers: ['nginx', 'varnish', 'lru-cache', 'undici-cache', 'bare'],
} as const satisfies Partial<Scenario>;

function products(numbers: readonly number[]): string[] {
  return numbers.map((number) => `/products/${number}`);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

const all = products(upTo(20_000));
let drawn: readonly string[] | undefined;
/** Drawn once, by whoever needs it first. */
const popular = (): readonly string[] => {
  drawn ??= products(zipf(20_000, 50_000));
  return drawn;
};

const many = {
  ...hit,
  upstream: { size: '1024-8192', cacheControl: FRESH, delay: 0 },
  plan: (): RequestPlan => ({ paths: popular() }),
  primed: all,
  sample: all[0] as string,
  answerBytes: [KIB, 8 * KIB],
  peers: ['nginx', 'varnish', 'lru-cache', 'undici-cache'],
} as const satisfies Partial<Scenario>;

const miss = {
  ...hit,
  plan: (): RequestPlan => ({ paths: ['/products/{n}'] }),
  primed: [],
  sample: '/products/sample-1',
  cacheStatus: /^cacheside; fwd=uri-miss; fwd-status=200; stored; /,
  outcomes: ['miss'],
  upstreamShare: [1, 1],
  peers: ['nginx', 'varnish', 'lru-cache', 'undici-cache'],
} as const satisfies Partial<Scenario>;

export const SCENARIOS: readonly Scenario[] = [
  {
    ...hit,
    name: 'hit 1 KiB',
    about: 'one URL, fresh in memory',
    variants: ['no-log', 'shipped', 'no-fast-door'],
  },
  {
    ...hit,
    name: 'hit 10 KiB',
    about: 'the same, ten times as long',
    upstream: { ...hit.upstream, size: String(10 * KIB) },
    answerBytes: [10 * KIB, 11 * KIB],
    peers: ['nginx', 'varnish', 'lru-cache', 'bare'],
  },
  {
    ...hit,
    name: 'hit 100 KiB',
    about: 'the same, a hundred times as long',
    upstream: { ...hit.upstream, size: String(100 * KIB) },
    answerBytes: [100 * KIB, 102 * KIB],
    peers: ['nginx', 'varnish', 'lru-cache', 'bare'],
  },
  {
    ...hit,
    name: '1,000 connections',
    about: 'one URL of 1 KiB, fresh in memory, asked for on 1,000 connections',
    trial: { kind: 'saturated', connections: 1000 },
    peers: ['nginx', 'varnish', 'lru-cache', 'bare'],
  },
  { ...many, name: 'Zipf', about: '20,000 URLs by Zipf’s law, 1 to 8 KiB, all of them stored' },
  {
    ...many,
    name: 'Zipf, ten fields',
    about:
      'the same, each request with ten fields of a browser and a mesh, two of them different in each of 50,000 requests',
    plan: () => ({ paths: popular(), fields: meshFields }),
    variants: ['no-log', 'shipped', 'no-fast-door'],
  },
  {
    ...hit,
    name: '304',
    about: 'one URL of 1 KiB, fresh in memory; each request shows its validator',
    plan: () => ({ paths: [ONE], fields: () => [`If-None-Match: ${ETAG}`] }),
    status: 304,
    answerBytes: [64, KIB],
    peers: ['nginx', 'varnish', 'lru-cache'],
  },
  {
    ...miss,
    name: 'miss, stored',
    about: 'no URL is asked for twice; every answer of 1 KiB is stored, and old ones are evicted',
    variants: ['no-log', 'shipped', 'no-fast-door', 'no-fast-reader'],
  },
  {
    ...miss,
    name: 'pass',
    about: 'nothing may be stored; every request is forwarded',
    plan: () => ({ paths: ['/pass/{n}'] }),
    sample: '/pass/1',
    cacheStatus: /^cacheside; fwd=bypass; /,
    outcomes: ['pass'],
    variants: ['no-log', 'shipped', 'no-fast-reader'],
  },
  {
    ...hit,
    name: 'revalidation',
    about: '1,000 URLs of 1 KiB in turn, always stale; the upstream answers each conditional request 304',
    // Always stale (RFC 9111 §5.2.2.4), and enough of them that no two requests meet at one.
    upstream: { ...hit.upstream, cacheControl: 'no-cache' },
    plan: () => ({ paths: products(upTo(1000)) }),
    primed: products(upTo(1000)),
    cacheStatus: /^cacheside; fwd=stale; fwd-status=304; stored;/,
    outcomes: ['revalidated'],
    upstreamShare: [1, 1],
    variants: ['no-log', 'shipped', 'no-fast-reader'],
    // nginx stores nothing that says no-cache.
    peers: ['varnish', 'lru-cache', 'undici-cache'],
  },
  {
    ...many,
    name: 'mixed 95/5',
    about: 'as Zipf, but every twentieth request is for a URL that was never asked for',
    plan: () => ({ paths: popular().map((path, i) => (i % 20 === 0 ? '/products/{n}' : path)) }),
    outcomes: ['hit', 'miss'],
    upstreamShare: [0.045, 0.055],
  },
  {
    ...hit,
    name: 'Redis hit',
    about: '10,000 URLs of 1 KiB in turn, memory tier off',
    memory: 0,
    redis: true,
    plan: () => ({ paths: products(upTo(10_000)) }),
    primed: products(upTo(10_000)),
    cacheStatus: /^cacheside; hit; .*detail=redis$/,
    peers: ['bentocache', 'ioredis-loop'],
  },
  {
    ...hit,
    name: 'expiry',
    about:
      '200 URLs of 1 KiB by Zipf’s law, fresh for a second, then served while the upstream takes 20 ms to renew them',
    upstream: { size: '1024', cacheControl: 'public, max-age=1, stale-while-revalidate=600', delay: 20 },
    plan: () => ({ paths: products(zipf(200, 20_000)) }),
    primed: products(upTo(200)),
    sample: '/products/0',
    cacheStatus: /^cacheside; hit; .*detail=(?:memory|while-revalidating)/,
    outcomes: ['hit', 'stale'],
    upstreamShare: [0.0002, 0.5],
    peers: ['nginx', 'varnish', 'lru-cache', 'undici-cache'],
  },
  {
    ...many,
    name: 'paced 5,000/s',
    about: 'as Zipf with ten fields, 5,000 requests a second, each sent at its time',
    trial: { kind: 'paced', rate: 5000, connections: 64 },
    plan: () => ({ paths: popular(), fields: meshFields }),
  },
  {
    ...miss,
    name: 'stampede',
    about: '500 connections ask at once for one URL that is not stored; the upstream takes 500 ms',
    trial: { kind: 'stampede', connections: 500 },
    upstream: { size: '1024', cacheControl: FRESH, delay: 500 },
    outcomes: ['miss', 'collapsed'],
    upstreamShare: [0, 1],
  },
  {
    ...hit,
    name: 'start',
    about: 'from the command to the first answer',
    trial: { kind: 'start' },
    outcomes: ['miss'],
    cacheStatus: /^cacheside; fwd=uri-miss/,
    upstreamShare: [1, 1],
    variants: ['shipped'],
  },
  {
    ...hit,
    name: 'overfull memory',
    about: 'a limit of 256 MiB, 1 GiB of responses of 1 to 64 KiB, then what of it is still stored',
    trial: { kind: 'overfull' },
    upstream: { size: '1024-65536', cacheControl: FRESH, delay: 0 },
    plan: () => ({ paths: products(upTo(69_222)) }),
    primed: [],
    upstreamShare: [1, 1],
    answerBytes: [KIB, 64 * KIB],
    outcomes: ['miss'],
    cacheStatus: /^cacheside; fwd=uri-miss/,
    variants: ['no-log', 'shipped'],
    // nginx keeps bodies in files; undici's store, once it is full, takes minutes for the rest.
    peers: ['varnish', 'lru-cache'],
  },
];
