import t from 'tap';
import type { Outcome } from '../../src/observe/outcome.ts';
import { OUTCOME_WORDS, type OutcomeWord, outcomeWord } from '../../src/observe/outcome-word.ts';
import { finished, missed } from './finished.ts';

const rows: readonly { id: string; given: Outcome; expect: OutcomeWord }[] = [
  { id: 'fresh from memory', given: finished(), expect: 'hit' },
  {
    id: 'fresh, renewed in the background',
    given: finished({ trace: ['memory-hit', 'fresh', 'eager-refresh', 'served-stored'] }),
    expect: 'hit',
  },
  {
    id: 'stale while revalidating',
    given: finished({ cache: { hit: true, ttl: -1, detail: 'while-revalidating' } }),
    expect: 'stale',
  },
  {
    id: 'accepted stale',
    given: finished({ cache: { hit: true, ttl: 0, detail: 'redis' } }),
    expect: 'stale',
  },
  {
    id: 'soft purged, within its lifetime',
    given: finished({ cache: { hit: true, ttl: 9000, detail: 'soft-purged' } }),
    expect: 'stale',
  },
  {
    id: 'stale because the upstream failed',
    given: missed({
      servedFrom: 'memory',
      cache: { hit: false, fwd: 'stale', detail: 'if-error' },
      trace: ['stale', 'forward', 'upstream-error', 'served-stale'],
    }),
    expect: 'stale',
  },
  {
    id: 'validated with 304',
    given: missed({
      servedFrom: 'memory',
      cache: { hit: false, fwd: 'stale', fwdStatus: 304, stored: true },
    }),
    expect: 'revalidated',
  },
  {
    id: 'validated with 304 on request',
    given: missed({ servedFrom: 'redis', cache: { hit: false, fwd: 'request', detail: 'freshened' } }),
    expect: 'revalidated',
  },
  {
    id: 'a follower served from what its leader stored',
    given: finished({ trace: ['memory-miss', 'follow', 'fresh', 'served-stored'] }),
    expect: 'collapsed',
  },
  {
    id: 'a follower, reported as forwarded',
    given: missed({ servedFrom: 'memory', cache: { hit: false, fwd: 'uri-miss', collapsed: true } }),
    expect: 'collapsed',
  },
  {
    id: 'a new response for a stale one',
    given: missed({ cache: { hit: false, fwd: 'stale' } }),
    expect: 'expired',
  },
  { id: 'nothing stored', given: missed(), expect: 'miss' },
  {
    id: "the client's own 304 on a miss",
    given: missed({ status: 304, cache: { hit: false, fwd: 'vary-miss', fwdStatus: 304 } }),
    expect: 'miss',
  },
  { id: 'no-cache of the client', given: missed({ cache: { hit: false, fwd: 'request' } }), expect: 'miss' },
  { id: 'a follower that went by itself', given: missed({ trace: ['follow', 'forward'] }), expect: 'miss' },
  {
    id: 'the rule bypasses',
    given: missed({ cache: { hit: false, fwd: 'bypass', detail: 'no-route' } }),
    expect: 'pass',
  },
  {
    id: 'an unsafe method',
    given: missed({ method: 'POST', cache: { hit: false, fwd: 'method' } }),
    expect: 'pass',
  },
  {
    id: 'the upstream failed',
    given: missed({
      status: 502,
      servedFrom: 'cacheside',
      cache: { hit: false, fwd: 'uri-miss', detail: 'upstream-error' },
    }),
    expect: 'error',
  },
  {
    id: 'the upstream failed inside a body',
    given: missed({
      cache: { hit: false, fwd: 'bypass', detail: 'truncated' },
      trace: ['pass', 'forward', 'upstream-error'],
    }),
    expect: 'error',
  },
  {
    id: 'only-if-cached',
    given: finished({
      status: 504,
      servedFrom: 'cacheside',
      cache: { hit: false, detail: 'only-if-cached' },
      trace: ['memory-miss'],
    }),
    expect: 'refused',
  },
  {
    id: 'a bad request',
    given: finished({ status: 400, servedFrom: 'cacheside', cache: { hit: false }, trace: [] }),
    expect: 'refused',
  },
];

for (const { id, given, expect } of rows) t.equal(outcomeWord(given), expect, id);
t.same(
  OUTCOME_WORDS.filter((word) => !rows.some(({ expect }) => expect === word)),
  [],
  'every word has a row',
);
