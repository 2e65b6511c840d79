import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { parseRequestTarget } from '../../src/policy/request-target.ts';
import { resourceKey } from '../../src/policy/stored-response.ts';
import { variantKey } from '../../src/policy/vary.ts';
import { identify } from '../../src/proxy/settle.ts';
import { placeOf } from '../../src/store/lookup.ts';
import { redisKey } from '../../src/store/redis-key.ts';
import { digest, KEY, request, rule } from '../policy/given.ts';

/*
 * What makes a cache correct, by line: which test shows it end to end. A line whose test is renamed or gone fails here.
 */

const PROVEN: readonly { id: string; file: string; tests: readonly string[] }[] = [
  { id: 'HEAD then GET', file: 'proxy/caching', tests: ['HEAD on a miss stores nothing'] },
  {
    id: 'HEAD updates or removes what is stored',
    file: 'proxy/head',
    tests: [
      'nothing stored: a HEAD stores nothing, whatever it says',
      '200 with another length takes the stored one away',
    ],
  },
  {
    id: 'Range miss, then GET: a whole body',
    file: 'proxy/ranges',
    tests: [
      'no part poisons the whole',
      'whatever is asked for: slices of the body, streamed and stored alike',
    ],
  },
  {
    id: 'conditions of one client do not shape what is stored',
    file: 'proxy/caching',
    tests: ['the conditions and ranges of a client do not shape what is stored'],
  },
  {
    id: 'unsafe methods invalidate',
    file: 'proxy/invalidate',
    tests: [
      'which stored responses an unsafe request makes invalid (RFC 9111 §4.4)',
      'a write whose outcome is unknown leaves nothing fresh that it may have changed',
    ],
  },
  { id: 'Location of the same origin only', file: 'policy/invalidation', tests: ['another host'] },
  {
    id: 'Age accumulates',
    file: 'proxy/age',
    tests: [
      'a restart, and a promotion from Redis to memory',
      'Age of a cache behind',
      'a clock set back: never younger',
    ],
  },
  {
    id: 'a client that leaves mid-fill',
    file: 'proxy/collapse',
    tests: ["a leader's client that leaves mid-fill takes nobody with it"],
  },
  { id: 'purge during a fill', file: 'proxy/collapse', tests: ['a purge during a fill holds'] },
  {
    id: 'purge during a fill, across replicas',
    file: 'proxy/collapse-replicas',
    tests: ['a purge during the fetch holds everywhere'],
  },
  {
    id: '1,000 simultaneous misses',
    file: 'faults/crowd',
    tests: ['500 cold requests are one upstream request'],
  },
  {
    id: 'an uncacheable answer serialises nobody',
    file: 'proxy/collapse',
    tests: ['an answer that cannot be shared does not serialise them, and is remembered'],
  },
  {
    id: 'a failed leader costs one more',
    file: 'proxy/collapse',
    tests: ['a leader that fails costs one more'],
  },
  { id: 'stale-if-error inside its window', file: 'proxy/caching', tests: ['stale-if-error'] },
  { id: 'never with must-revalidate', file: 'policy/stale-windows', tests: ['must-revalidate'] },
  {
    id: 'no stale window beyond the lease',
    file: 'proxy/lease',
    tests: ['beyond the cap no stale window is open'],
  },
  { id: 'negative caching ends', file: 'proxy/caching', tests: ['lifetimes by status'] },
  {
    id: 'variants are not mixed up',
    file: 'proxy/caching',
    tests: ['simultaneous variants are not mixed up'],
  },
  { id: 'a body whose end proves nothing', file: 'proxy/unproven-length', tests: ['an unproven length is'] },
  {
    id: 'a value of another key in Redis',
    file: 'store/redis-tier',
    tests: ['a value damaged, of another schema or copied from another key is a miss and removed'],
  },
  {
    id: 'a value that somebody else wrote',
    file: 'faults/redis',
    tests: ['values that somebody else altered are misses, and removed'],
  },
  {
    id: 'what a POST leaves for GETs',
    file: 'proxy/post',
    tests: ['why not', 'under the key and the route of a GET'],
  },
  {
    id: 'a reload',
    file: 'proxy/caching',
    tests: ['a reload keeps the cache; only responses of changed rules miss'],
  },
];

t.test('what other tests show', async (t) => {
  for (const { id, file, tests } of PROVEN) {
    const text = readFileSync(new URL(`../${file}.test.ts`, import.meta.url), 'utf8');
    for (const name of tests) t.ok(text.includes(name), `${id}: test/${file}.test.ts has '${name}'`);
  }
});

const { KEY_RUNS = '5000' } = process.env;
const RUNS = Number(KEY_RUNS);

/** What separates parts of keys, and what values may be made of. */
const text = fc.string({
  unit: fc.constantFrom('a', '1', ' ', '=', ':', ';', '-', ',', '%2F', '&', '?', '/'),
  maxLength: 4,
});
const value = fc.option(
  text.map((one) => one.trim()),
  { nil: undefined },
);
const parts = fc.record({
  authority: fc.constantFrom<string[]>('a', 'a.a', 'a:1', 'a:80', '[::1]'),
  path: text
    .map((one) => `/${one.replace(/[ ?]/g, '')}`)
    .filter((path) => parseRequestTarget(path) !== undefined),
  query: text.map((one) => one.replaceAll(' ', '')),
  a: value,
  b: value,
  c: value,
  told: fc.constantFrom<(string | undefined)[]>(undefined, 'a', 'b', 'a x-forwarded-proto=1:a'),
});
type Parts = typeof parts extends fc.Arbitrary<infer T> ? T : never;

const PLAIN: Parts = {
  authority: 'a',
  path: '/',
  query: '',
  a: undefined,
  b: undefined,
  c: undefined,
  told: undefined,
};
/** Values that would be read as the part behind them, were their length not told. */
const FORGERIES: readonly (readonly [Partial<Parts>, Partial<Parts>])[] = [
  [
    { a: '1', b: '2 x-b=3' },
    { a: '1 x-b=2', b: '3' },
  ],
  [
    { a: '1 x-b=1:2', b: undefined },
    { a: '1', b: '2' },
  ],
  [{ b: '1 cookie.s- x-forwarded-host=1:b' }, { b: '1', told: 'b' }],
  [{ told: 'b' }, { told: 'b x-forwarded-proto=1:a' }],
  [{ c: '1' }, { a: undefined, told: 'x-c=1:1;' }],
  [{ query: 'x-a=1:1' }, { a: '1' }],
];

const KEYED = rule({ key: { ...KEY, headers: ['x-a', 'x-b'], cookies: ['s'] } });
const line = (name: string, of: string | undefined) => (of === undefined ? [] : [name, of]);

function keysOf({ authority, path, query, a, b, c, told }: Parts): readonly string[] {
  const fields = [...line('X-A', a), ...line('X-B', b), ...line('X-C', c), ...line('X-Forwarded-Host', told)];
  const { key } = identify(request({ authority, path, query, fields }), KEYED, {
    digest,
    trustForwarded: true,
  });
  const variant = variantKey(['x-c'], fields, digest);
  const stored = { key, variant, search: '' };
  return [redisKey('n', resourceKey(stored)), redisKey('n', placeOf(stored))];
}

const meaning = ({ authority, told, ...rest }: Parts) =>
  JSON.stringify([
    authority,
    told === undefined || told === authority ? null : told,
    Object.values(rest).map((one) => one ?? null),
  ]);

t.test('two requests that differ in anything that counts have no place in common', (t) => {
  fc.assert(
    fc.property(parts, parts, fc.integer({ min: 0, max: 7 }), (one, another, same) => {
      // Alike in all but a little, or hardly a pair would be near enough to be mistaken.
      const near = {
        ...one,
        ...Object.fromEntries(Object.entries(another).filter((_, i) => i === same || i === same - 1)),
      } as Parts;
      for (const other of [another, near]) {
        const [place, variant] = keysOf(one);
        const [otherPlace, otherVariant] = keysOf(other);
        assert.equal(
          variant === otherVariant,
          meaning(one) === meaning(other),
          `${variant} | ${otherVariant}`,
        );
        // Nor is the place of a resource that of another's variant.
        assert.ok(place !== otherVariant && variant !== otherPlace, `${place} | ${otherVariant}`);
      }
    }),
    {
      numRuns: RUNS,
      examples: FORGERIES.map(([one, other]) => [{ ...PLAIN, ...one }, { ...PLAIN, ...other }, 0]),
    },
  );
  t.pass('held');
  t.end();
});

t.test('keys too long to be read in Redis are told apart, too', (t) => {
  const names = new Set<string>();
  const long = 'a'.repeat(5_000);
  const keys = ['', '1', '2', '/', '?'].flatMap((end) => [
    `http://a/${long}${end}`,
    `http://b/${long}${end}`,
    `http://a/${long.slice(1)}${end}a`,
  ]);
  for (const key of keys) for (const namespace of ['n', 'm']) names.add(redisKey(namespace, key));
  t.equal(names.size, new Set(keys).size * 2);
  for (const name of names) t.ok(name.length < 120);
  t.end();
});
