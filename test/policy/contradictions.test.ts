import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { cacheControl } from '../../src/policy/cache-control.ts';
import { cacheKey, effectiveUrl, parseCookies } from '../../src/policy/cache-key.ts';
import { type FieldLines, fieldLineValues, fieldValue, hasField } from '../../src/policy/fields.ts';
import { currentAge } from '../../src/policy/freshness.ts';
import { decideLookup } from '../../src/policy/lookup.ts';
import type { RequestHead, ResponseHead } from '../../src/policy/request.ts';
import { cacheableRequestFields } from '../../src/policy/request-fields.ts';
import { parseRequestTarget } from '../../src/policy/request-target.ts';
import { decideReuse } from '../../src/policy/reuse.ts';
import type { KeyRule, RouteRule } from '../../src/policy/route-rule.ts';
import { decideStorage, type StorageTerms } from '../../src/policy/storability.ts';
import { type StoredResponse, uselessAfter } from '../../src/policy/stored-response.ts';
import { conditionalFields, freshen } from '../../src/policy/validation.ts';
import { variantKey } from '../../src/policy/vary.ts';
import { catchAll, digest, KEY, NOW, NOW_DATE, request, rule, SECOND, stored } from './given.ts';

const RUNS = { numRuns: 1500 };

function refute(value: boolean, message?: string): void {
  assert.ok(!value, message);
}

const seconds = fc.constantFrom('0', '1', '5', '60', '-1', 'x', '"5"', '99999999999999999999');
const directive = fc.oneof(
  fc.constantFrom(
    'no-cache',
    'private',
    'no-store',
    'public',
    'must-revalidate',
    'proxy-revalidate',
    'no-cache="x"',
  ),
  fc
    .constantFrom('max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error')
    .chain((name) => seconds.map((value) => `${name}=${value}`)),
  fc.constantFrom('max-age=60; private', 'x="', 'private="a', ',', 'max-age=5', 's-maxage=5'),
);
const controls = fc.array(directive, { maxLength: 4 }).map((members) => members.join(', '));

const line = (name: string, value: fc.Arbitrary<string>) => value.map((text): FieldLines => [name, text]);
const responseLine = fc.oneof(
  { arbitrary: line('Cache-Control', controls), weight: 4 },
  line(
    'Expires',
    fc.constantFrom('0', NOW_DATE, 'Sun, 06 Nov 1994 08:50:37 GMT', 'Sunday, 06-Nov-94 08:59:37 GMT'),
  ),
  line('Date', fc.constantFrom(NOW_DATE, 'Sun, 06 Nov 1994 08:49:00 GMT', 'x')),
  line('Age', fc.constantFrom('0', '3', '100', '-1', '5, 9')),
  line('ETag', fc.constantFrom('"1"', 'W/"1"', '')),
  line('Last-Modified', fc.constantFrom(NOW_DATE, '0')),
  line('Vary', fc.constantFrom('Accept', 'Cookie, Origin', '*', 'a b', 'X-Forwarded-For')),
  line('Set-Cookie', fc.constant('a=1')),
);
const response: fc.Arbitrary<ResponseHead> = fc.record({
  status: fc.oneof(
    { arbitrary: fc.constant(200), weight: 4 },
    fc.constantFrom(204, 206, 301, 302, 304, 404, 500, 503),
  ),
  fields: fc.array(responseLine, { maxLength: 6 }).map((all) => all.flat()),
});

const wish = fc.constantFrom(
  'no-cache',
  'no-store',
  'max-age=0',
  'max-age=30',
  'min-fresh=5',
  'max-stale',
  'max-stale=9',
);
const client: fc.Arbitrary<RequestHead> = fc
  .array(
    fc.oneof(
      line('Cache-Control', wish),
      line('Authorization', fc.constant('Bearer x')),
      line('Cookie', fc.constantFrom('a=1', 'b=2; a=1', 'x')),
      line('Accept', fc.constantFrom('a/b', 'a/b , c/d')),
      line('X-Unknown', fc.constant('1')),
    ),
    { maxLength: 3 },
  )
  .map((all) => request({ fields: all.flat() }));

const window = fc.constantFrom(undefined, 0, 5 * SECOND, 60 * SECOND);
const flag = fc.boolean();
const routeRule: fc.Arbitrary<RouteRule> = fc
  .record({
    base: fc.constantFrom(rule(), catchAll()),
    ttl: fc.constantFrom(undefined, 0, 10 * SECOND),
    statusTtl: fc.constantFrom(
      new Map(),
      new Map([
        [404, SECOND],
        [500, SECOND],
      ]),
    ),
    origin: fc.constantFrom('respect' as const, 'ignore' as const),
    maxTtl: fc.constantFrom(undefined, 3 * SECOND),
    jitter: fc.constantFrom(0, 0.5),
    staleWhileRevalidate: window,
    staleIfError: window,
    eagerRefresh: fc.constantFrom(0, 0.5),
    cookies: fc.constantFrom('bypass' as const, 'strip' as const, 'ignore' as const),
    requestDirectives: fc.constantFrom('honour' as const, 'ignore' as const),
    key: fc.constantFrom(KEY, { ...KEY, headers: ['authorization'], cookies: ['a'] }),
    unsafe: fc.record({
      storePrivate: flag,
      storeNoStore: flag,
      storeAuthorized: flag,
      storeWithoutSetCookie: flag,
    }),
    isUnsafe: fc.constantFrom(false, false, false, true),
  })
  .map(({ base, unsafe, isUnsafe, ...over }) => ({
    ...base,
    ...over,
    unsafe: isUnsafe ? unsafe : base.unsafe,
  }));

const times = fc
  .record({ took: fc.constantFrom(0, 500, -3600 * SECOND), random: fc.constantFrom(0, 0.5, 0.99) })
  .map(({ took, random }) => ({ requestTime: NOW - took, responseTime: NOW, random }));

/** What the proxy makes of the terms. */
function kept({ vary: _, freshness: __, ...terms }: StorageTerms, of: RouteRule): StoredResponse {
  return { ...stored({ rule: of.fingerprint }), ...terms };
}

const instants = (response: StoredResponse) => {
  const stale = NOW + Math.max(0, response.lifetime - response.initialAge);
  const { staleWhileRevalidate, staleIfError } = response;
  const edges = [NOW, stale, stale + staleWhileRevalidate, stale + staleIfError];
  return edges.flatMap((edge) => [edge - 1, edge, edge + 1]).filter((instant) => instant >= NOW);
};

t.test('what is stored may be stored, and is of use', (t) => {
  const seen = { store: 0, pass: 0 };
  fc.assert(
    fc.property(client, response, routeRule, times, (request, response, rule, times) => {
      const storage = decideStorage(request, response, rule, times);
      seen[storage.kind]++;
      if (storage.kind === 'pass') return;
      const { terms } = storage;
      const directives = cacheControl(response.fields);
      refute(hasField(terms.fields, 'set-cookie') || hasField(terms.fields, 'age'));
      assert.ok(rule.unsafe.storePrivate || !directives.has('private'));
      assert.ok(rule.unsafe.storeNoStore || !directives.has('no-store'));
      assert.ok(rule.unsafe.storeWithoutSetCookie || !hasField(response.fields, 'set-cookie'));
      refute(fieldLineValues(response.fields, 'vary').some((value) => value.includes('*')));
      assert.ok(Number.isInteger(terms.lifetime) && terms.lifetime >= 0 && terms.initialAge >= 0);
      if (rule.maxTtl !== undefined) assert.ok(terms.lifetime <= rule.maxTtl);
      if (directives.has('must-revalidate') || directives.has('proxy-revalidate')) {
        assert.equal(Math.max(terms.staleWhileRevalidate, terms.staleIfError), 0);
      }
      const asKept = kept(terms, rule);
      const plain = { ...request, fields: [] };
      const isUsed = instants(asKept).some((now) => {
        const reuse = decideReuse(plain, asKept, rule, false, now);
        return (
          reuse.kind === 'reuse' ||
          reuse.kind === 'reuse-stale' ||
          (reuse.kind === 'validate' && reuse.ifError)
        );
      });
      assert.ok(isUsed || conditionalFields(asKept).length > 0, 'neither reused nor validated, ever');
    }),
    RUNS,
  );
  assert.ok(seen.store > RUNS.numRuns / 10, `${seen.store} stored`);
  assert.ok(seen.pass > RUNS.numRuns / 10, `${seen.pass} passed`);
  t.pass('held');
  t.end();
});

t.test('nothing is reused beyond its terms', (t) => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      client,
      client,
      response,
      routeRule,
      times,
      flag,
      (first, second, response, rule, times, softPurged) => {
        const storage = decideStorage(first, response, rule, times);
        if (storage.kind === 'pass') return;
        const old = kept(storage.terms, rule);
        for (const now of instants(old)) {
          const changed = decideReuse(second, old, { ...rule, fingerprint: 'other' }, softPurged, now);
          assert.deepEqual(changed, { kind: 'unusable', detail: 'rule-changed' });
          const reuse = decideReuse(second, old, rule, softPurged, now);
          const staleFor = currentAge(old, now) - old.lifetime;
          seen.add(reuse.kind);
          if (reuse.kind === 'reuse') assert.ok(staleFor < 0 && !old.alwaysValidate && !softPurged);
          if (reuse.kind === 'reuse-stale') {
            refute(old.alwaysValidate);
            if (reuse.revalidate)
              assert.ok(old.staleWhileRevalidate > 0 && staleFor <= old.staleWhileRevalidate);
            else assert.ok(rule.requestDirectives === 'honour' && !old.mustRevalidate && !softPurged);
          }
          if (reuse.kind === 'validate' && reuse.ifError) {
            assert.ok(!old.alwaysValidate && old.staleIfError > 0 && staleFor <= old.staleIfError);
          }
          if (reuse.kind !== 'validate')
            assert.ok(now <= uselessAfter(old, 0) || reuse.kind === 'reuse-stale');
        }
      },
    ),
    RUNS,
  );
  assert.deepEqual([...seen].sort(), ['reuse', 'reuse-stale', 'validate'], 'every kind came up');
  t.pass('held');
  t.end();
});

t.test('what a 304 freshens could have been stored as it is', (t) => {
  let freshened = 0;
  fc.assert(
    fc.property(client, response, response, routeRule, times, (request, response, update, rule, times) => {
      const storage = decideStorage(request, response, rule, times);
      if (storage.kind === 'pass') return;
      const result = freshen(request, kept(storage.terms, rule), { ...update, status: 304 }, rule, times);
      if (result.kind !== 'freshened') return;
      freshened++;
      const again = decideStorage(
        request,
        { status: response.status, fields: result.terms.fields },
        rule,
        times,
      );
      assert.equal(again.kind, 'store');
      assert.ok(rule.unsafe.storePrivate || !cacheControl(result.terms.fields).has('private'));
    }),
    RUNS,
  );
  assert.ok(freshened > 50, `${freshened} freshened`);
  t.pass('held');
  t.end();
});

t.test('a request that is looked up sends upstream only what its key or a list knows', (t) => {
  fc.assert(
    fc.property(client, routeRule, (request, rule) => {
      if (decideLookup(request, rule, false).kind === 'pass') return;
      const sent = cacheableRequestFields(request.fields, rule);
      if (rule.requestFields.unknown === 'bypass') {
        refute(hasField(sent, 'x-unknown'));
        if (hasField(sent, 'authorization'))
          assert.ok(rule.key.headers.length > 0 || rule.unsafe.storeAuthorized);
      }
      if (rule.cookies !== 'ignore') {
        for (const name of parseCookies(sent).keys()) assert.ok(rule.key.cookies.includes(name), name);
      }
    }),
    RUNS,
  );
  t.pass('held');
  t.end();
});

const nasty = fc.string({
  unit: fc.constantFrom('a', 'b', '1', ':', ';', '=', '-', ',', ' ', '"', '\\', '\u00a0', '&', '.'),
  maxLength: 8,
});
const wire = nasty.map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
const maybe = fc.option(wire, { nil: undefined });

t.test('keys are injective over their components', (t) => {
  const parts = fc.record({
    a: maybe,
    b: maybe,
    cookie: fc.array(fc.constantFrom('1', '2', ' 3', '1;s=2'), { maxLength: 2 }),
  });
  const rule: KeyRule = { ...KEY, headers: ['x-a', 'x-b'], cookies: ['s'] };
  type Parts = { a: string | undefined; b: string | undefined; cookie: string[] };
  const head = ({ a, b, cookie }: Parts) =>
    request({
      fields: [
        ...(a === undefined ? [] : ['X-A', a]),
        ...(b === undefined ? [] : ['X-B', b]),
        ...cookie.flatMap((value) => ['Cookie', `s=${value}`]),
      ],
    });
  const key = (of: Parts) => cacheKey(effectiveUrl(head(of), rule), head(of), rule, digest);
  const meaning = (of: Parts) =>
    JSON.stringify([of.a ?? null, of.b ?? null, parseCookies(head(of).fields).get('s') ?? null]);
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      assert.equal(key(one) === key(other), meaning(one) === meaning(other), `${key(one)} | ${key(other)}`);
    }),
    { numRuns: 3000 },
  );
  t.pass('held');
  t.end();
});

t.test('requests that differ in a varying field never share a variant', (t) => {
  const parts = fc.record({ x: maybe, y: maybe });
  type Parts = { x: string | undefined; y: string | undefined };
  const fields = ({ x, y }: Parts) => [
    ...(x === undefined ? [] : ['X', x]),
    ...(y === undefined ? [] : ['y', y]),
  ];
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const isSame =
        variantKey(['x', 'y'], fields(one), digest) === variantKey(['x', 'y'], fields(other), digest);
      assert.equal(isSame, one.x === other.x && one.y === other.y);
    }),
    { numRuns: 3000 },
  );
  const loosely = (value: string) =>
    value
      .replace(/[ \t]*([,;])[ \t]*/g, '$1')
      .replace(/,+/g, ',')
      .replace(/^,|,$/g, '');
  fc.assert(
    fc.property(wire, wire, (one, other) => {
      const [a, b] = [one, other].map((value) => variantKey(['accept'], ['Accept', value], digest));
      if (a === b)
        assert.equal(loosely(one), loosely(other), 'they differ in white space and empty members alone');
    }),
    { numRuns: 5000 },
  );
  t.pass('held');
  t.end();
});

const targets = fc
  .array(
    fc.constantFrom(
      '/',
      'a',
      '.',
      '..',
      '%2e',
      '%2E',
      '%2f',
      '%5c',
      '%25',
      '2e',
      '%00',
      '%41',
      '%c3',
      ';',
      '?',
      '#',
      '%',
      'b.css',
      '\\',
      '~',
    ),
    { maxLength: 8 },
  )
  .map((pieces) => `/${pieces.join('')}`);

t.test('what is matched is what is sent', (t) => {
  let taken = 0;
  fc.assert(
    fc.property(targets, (target) => {
      const parsed = parseRequestTarget(target);
      if (parsed === undefined) return;
      taken++;
      const { path, query } = parsed;
      const sent = query === '' ? path : `${path}?${query}`;
      assert.deepEqual(parseRequestTarget(sent), parsed, 'idempotent');
      const decoded = [path, decodedOnce(path), decodedOnce(decodedOnce(path))];
      for (const form of decoded) {
        refute(
          form.split(/[/\\]/).some((segment) => /^\.\.?(?:;|$)/.test(segment)),
          `${target} hides ${form}`,
        );
      }
      assert.equal(new URL(`http://h${path}`).pathname, path, 'a URL parser changes nothing');
    }),
    { numRuns: 5000 },
  );
  assert.ok(taken > 500, `${taken} taken`);
  t.pass('held');
  t.end();
});

/** Every triplet decoded, as an upstream might. */
function decodedOnce(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

t.test('fields are read alike whatever their case and however many lines', (t) => {
  fc.assert(
    fc.property(controls, (value) => {
      assert.deepEqual(cacheControl(['cache-control', value]), cacheControl(['Cache-Control', value]));
      assert.equal(fieldValue(['CACHE-CONTROL', value], 'cache-control'), value);
    }),
    { numRuns: 200 },
  );
  t.pass('held');
  t.end();
});
