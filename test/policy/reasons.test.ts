import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { cacheKey, effectiveUrl } from '../../src/policy/cache-key.ts';
import type { Detail } from '../../src/policy/cache-status.ts';
import { hasField } from '../../src/policy/fields.ts';
import { explicitLifetime, hasUnreadableAge } from '../../src/policy/freshness.ts';
import { heuristicLifetime, isCacheableByDefault } from '../../src/policy/heuristic.ts';
import { prohibitions } from '../../src/policy/prohibition.ts';
import { decideReuse } from '../../src/policy/reuse.ts';
import { grantedWindows } from '../../src/policy/stale-windows.ts';
import { decideStorage, type Storage } from '../../src/policy/storability.ts';
import { responseDirectives } from '../../src/policy/targeted-fields.ts';
import type { TraceWord } from '../../src/policy/trace.ts';
import { variantKey } from '../../src/policy/vary.ts';
import { client, kept, response, routeRule, times } from './arbitrary.ts';
import { catchAll, digest, NOW } from './given.ts';

const RUNS = { numRuns: 4000 };
const DAY = 24 * 3600 * 1000;

const LIFETIMES: readonly TraceWord[] = ['heuristic', 'rule-ttl', 'rule-status-ttl'];
const isLifetime = (word: TraceWord) => LIFETIMES.includes(word);

/** What may lift a prohibition, and the word that it leaves; undefined: it is no prohibition then. */
function liftsOf(detail: Detail): TraceWord[] {
  if (detail === 'status') return ['rule-status'];
  if (detail === 'authorization') return ['unsafe-switch', 'authorization-keyed'];
  return ['response-no-store', 'response-private', 'set-cookie'].includes(detail) ? ['unsafe-switch'] : [];
}

t.test('the rule makes storable what RFC 9111 forbids by a named switch alone', (t) => {
  let lifted = 0;
  fc.assert(
    fc.property(client, response, routeRule, times, (request, response, rule, times) => {
      const storage = decideStorage(request, response, rule, times);
      if (storage.kind === 'pass') return;
      const given = responseDirectives(response.fields, rule.targetedFields);
      for (const detail of prohibitions(request, response, given)) {
        if (detail === 'request-no-store' && rule.requestDirectives === 'ignore') continue;
        lifted++;
        assert.ok(
          liftsOf(detail).some((word) => storage.reasons.includes(word)),
          detail,
        );
      }
      const { lifetime, alwaysValidate } = storage.terms;
      const fresh = explicitLifetime(response, given, times.responseTime);
      if (fresh === undefined && !storage.reasons.some(isLifetime)) {
        assert.ok(lifetime === 0 && alwaysValidate && isCacheableByDefault(response, given));
      }
    }),
    RUNS,
  );
  assert.ok(lifted > 50, `${lifted} lifted`);
  t.pass('held');
  t.end();
});

t.test('every reason is true, and where there is none the RFC alone decided', (t) => {
  const seen = new Map<TraceWord, number>();
  fc.assert(
    fc.property(client, response, routeRule, times, (request, response, rule, times) => {
      const storage = decideStorage(request, response, rule, times);
      const { reasons } = storage;
      assert.equal(new Set(reasons).size, reasons.length, 'each once');
      for (const word of reasons) seen.set(word, (seen.get(word) ?? 0) + 1);
      const has = (word: TraceWord) => reasons.includes(word);
      const given = responseDirectives(response.fields, rule.targetedFields);
      const { directives } = given;
      const explicit = explicitLifetime(response, given, times.responseTime);

      assert.equal(has('targeted-field'), given.targeted);
      assert.ok(reasons.filter(isLifetime).length <= 1, 'one gives the lifetime');
      if (has('must-understand')) assert.ok(directives.has('must-understand') && directives.has('no-store'));
      if (has('origin-ignored')) assert.equal(rule.origin, 'ignore');
      if (has('unsafe-switch')) assert.ok(Object.values(rule.unsafe).includes(true));
      if (has('authorization-keyed')) assert.ok(rule.key.headers.includes('authorization'));
      if (has('rule-ttl')) assert.ok(rule.ttl !== undefined);
      if (has('rule-status-ttl')) assert.ok(rule.statusTtl.has(response.status));
      if (has('rule-status')) assert.ok(response.status === 429 && rule.statusTtl.has(429));
      if (has('rule-max-ttl')) assert.ok(rule.maxTtl !== undefined);
      if (has('rule-jitter')) assert.ok(rule.jitter > 0 && times.random > 0);
      if (has('unreadable-age')) assert.ok(rule.unreadableAge === 'stale' && hasUnreadableAge(response));
      if (has('heuristic')) {
        assert.ok(explicit === undefined && rule.heuristic > 0 && rule.origin === 'respect');
      }
      if (reasons.some(isLifetime)) assert.ok(explicit === undefined || rule.origin === 'ignore');
      if (storage.kind === 'store') isAccountedFor(storage, explicit);
      function isAccountedFor({ terms }: Storage & { kind: 'store' }, explicit: number | undefined): void {
        const granted = grantedWindows(directives);
        const areGranted =
          terms.staleWhileRevalidate === granted.whileRevalidate && terms.staleIfError === granted.ifError;
        if (has('rule-stale-window')) assert.ok(!areGranted);
        else if (!has('origin-ignored')) assert.ok(areGranted || directives.has('s-maxage'));
        if (has('unreadable-age')) return assert.equal(terms.lifetime, 0);
        if (has('rule-jitter')) return assert.ok(terms.lifetime < (rule.maxTtl ?? Number.POSITIVE_INFINITY));
        if (has('rule-max-ttl')) return assert.equal(terms.lifetime, rule.maxTtl);
        if (has('rule-ttl')) return assert.equal(terms.lifetime, rule.ttl);
        if (has('rule-status-ttl')) return assert.equal(terms.lifetime, rule.statusTtl.get(response.status));
        if (has('heuristic')) {
          assert.ok(terms.lifetime > 0 && terms.lifetime <= DAY);
          return assert.equal(
            terms.lifetime,
            heuristicLifetime(response, given, rule.heuristic, times.responseTime),
          );
        }
        assert.equal(terms.lifetime, (rule.origin === 'respect' ? explicit : undefined) ?? 0);
      }
    }),
    RUNS,
  );
  const rare: TraceWord[] = ['must-understand', 'authorization-keyed', 'unreadable-age', 'heuristic'];
  for (const word of rare) assert.ok((seen.get(word) ?? 0) > 0, `${word} came up`);
  assert.equal(seen.size, 13, [...seen.keys()].join(' '));
  t.pass('held');
  t.end();
});

t.test('what one rule or one set of selecting fields stored answers no other (RFC 9111 §4.1)', (t) => {
  const varying = fc.constantFrom('Accept', 'accept, Cookie', 'Origin');
  let found = 0;
  let missed = 0;
  fc.assert(
    fc.property(client, client, varying, times, (first, second, value, times) => {
      const rule = catchAll();
      const fields = ['Cache-Control', 'public, max-age=60', 'Vary', value];
      const storage = decideStorage(first, { status: 200, fields }, rule, times);
      if (storage.kind === 'pass') return;
      const { vary } = storage.terms;
      const place = (of: typeof first) =>
        `${cacheKey(effectiveUrl(of, rule.key), of, rule.key, digest)} ${variantKey(vary, of.fields, digest)}`;
      const isFound = place(first) === place(second);
      if (isFound) found++;
      else missed++;
      for (const name of vary) {
        if (hasField(first.fields, name) !== hasField(second.fields, name)) assert.ok(!isFound, name);
      }
      const other = decideReuse(
        second,
        kept(storage.terms, { ...rule, fingerprint: 'f0' }),
        rule,
        false,
        NOW,
      );
      assert.equal(other.kind, 'unusable');
    }),
    RUNS,
  );
  assert.ok(found > 500 && missed > 500, `${found} found, ${missed} missed`);
  t.pass('held');
  t.end();
});
