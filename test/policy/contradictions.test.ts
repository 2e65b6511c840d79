import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { cacheControl } from '../../src/policy/cache-control.ts';
import { cacheKey, effectiveUrl, parseCookies } from '../../src/policy/cache-key.ts';
import { fieldLineValues, fieldValue, hasField } from '../../src/policy/fields.ts';
import { currentAge } from '../../src/policy/freshness.ts';
import { decideLookup } from '../../src/policy/lookup.ts';
import { cacheableRequestFields } from '../../src/policy/request-fields.ts';
import { parseRequestTarget } from '../../src/policy/request-target.ts';
import { decideReuse } from '../../src/policy/reuse.ts';
import type { KeyRule } from '../../src/policy/route-rule.ts';
import { decideStorage } from '../../src/policy/storability.ts';
import { uselessAfter } from '../../src/policy/stored-response.ts';
import { responseDirectives } from '../../src/policy/targeted-fields.ts';
import { conditionalFields, freshen } from '../../src/policy/validation.ts';
import { variantKey } from '../../src/policy/vary.ts';
import { client, controls, flag, instants, kept, response, routeRule, times } from './arbitrary.ts';
import { digest, KEY, request } from './given.ts';

const RUNS = { numRuns: 1500 };

function refute(value: boolean, message?: string): void {
  assert.ok(!value, message);
}

t.test('what is stored may be stored, and is of use', (t) => {
  const seen = { store: 0, pass: 0 };
  fc.assert(
    fc.property(client, response, routeRule, times, (request, response, rule, times) => {
      const storage = decideStorage(request, response, rule, times);
      seen[storage.kind]++;
      if (storage.kind === 'pass') return;
      const { terms } = storage;
      const { directives } = responseDirectives(response.fields, rule.targetedFields);
      const { unsafe } = rule;
      refute(hasField(terms.fields, 'age'));
      assert.ok(unsafe.storePrivate || !directives.has('private'));
      assert.ok(unsafe.storeNoStore || !directives.has('no-store') || directives.has('must-understand'));
      assert.ok(
        unsafe.storeWithoutSetCookie || unsafe.storeWithSetCookie || !hasField(response.fields, 'set-cookie'),
      );
      assert.ok(unsafe.storeWithSetCookie || !hasField(terms.fields, 'set-cookie'));
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
      const { directives } = responseDirectives(result.terms.fields, rule.targetedFields);
      assert.ok(rule.unsafe.storePrivate || !directives.has('private'));
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
