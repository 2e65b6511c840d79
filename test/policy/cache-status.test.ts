import { parseList } from 'structured-headers';
import t from 'tap';
import { type CacheStatus, type ForwardReason, formatCacheStatus } from '../../src/policy/cache-status.ts';

const REASONS: Record<ForwardReason, true> = {
  bypass: true,
  method: true,
  'uri-miss': true,
  'vary-miss': true,
  miss: true,
  request: true,
  stale: true,
  partial: true,
};

const ROWS: readonly { id: string; rfc: string; given: CacheStatus; key?: string; expect: string }[] = [
  { id: 'nothing but us', rfc: '9211 §2', given: { hit: false }, expect: 'cacheside' },
  {
    id: 'hit',
    rfc: '9211 §2.1',
    given: { hit: true, ttl: 59_000, detail: 'memory' },
    expect: 'cacheside; hit; ttl=59; detail=memory',
  },
  ...Object.keys(REASONS).map((fwd) => ({
    id: `fwd ${fwd}`,
    rfc: '9211 §2.2',
    given: { hit: false, fwd: fwd as ForwardReason },
    expect: `cacheside; fwd=${fwd}`,
  })),
  {
    id: 'everything',
    rfc: '9211 §2',
    given: {
      hit: false,
      fwd: 'stale',
      fwdStatus: 304,
      stored: true,
      collapsed: true,
      ttl: 5000,
      detail: 'freshened',
    },
    expect: 'cacheside; fwd=stale; fwd-status=304; stored; collapsed; ttl=5; detail=freshened',
  },
  {
    id: 'not stored, not collapsed',
    rfc: '9211 §2.4',
    given: { hit: false, fwd: 'miss', stored: false, collapsed: false },
    expect: 'cacheside; fwd=miss',
  },
  {
    id: 'ttl rounded up',
    rfc: '9211 §2.5',
    given: { hit: true, ttl: 58_001 },
    expect: 'cacheside; hit; ttl=59',
  },
  {
    id: 'a negative ttl',
    rfc: '9211 §2.5',
    given: { hit: true, ttl: -1500 },
    expect: 'cacheside; hit; ttl=-1',
  },
  {
    id: 'no negative zero',
    rfc: '8941 §3.3.1',
    given: { hit: true, ttl: -1 },
    expect: 'cacheside; hit; ttl=0',
  },
  {
    id: 'a subject',
    rfc: '9211 §2.8',
    given: { hit: false, fwd: 'bypass', detail: 'unkeyed-field', subject: 'x-theme' },
    expect: 'cacheside; fwd=bypass; detail="unkeyed-field x-theme"',
  },
  {
    id: 'a key',
    rfc: '9211 §2.7',
    given: { hit: true, ttl: 1000, detail: 'memory' },
    key: 'http://a.test/p?q=1 accept-language=2:de',
    expect: 'cacheside; hit; ttl=1; key="http://a.test/p?q=1 accept-language=2:de"; detail=memory',
  },
  {
    id: 'no key, since nothing was looked up',
    rfc: '9211 §2.7',
    given: { hit: false },
    key: '',
    expect: 'cacheside',
  },
  {
    id: 'quotes and backslashes in a key',
    rfc: '8941 §3.3.3',
    given: { hit: false },
    key: 'a"b\\c',
    expect: 'cacheside; key="a\\"b\\\\c"',
  },
  {
    id: 'what an sf-string cannot hold',
    rfc: '8941 §3.3.3',
    given: { hit: false },
    key: 'a\r\nb\u0000c\u007f\u00e4',
    expect: 'cacheside; key="a%0D%0Ab%00c%7F%E4"',
  },
  {
    id: 'the longest key',
    rfc: '9211 §2.7',
    given: { hit: false },
    key: 'k'.repeat(1024),
    expect: `cacheside; key="${'k'.repeat(1024)}"`,
  },
  {
    id: 'a key beyond it',
    rfc: '9211 §2.7',
    given: { hit: false },
    key: 'k'.repeat(1025),
    expect: `cacheside; key="${'k'.repeat(1024)}..."`,
  },
];

for (const row of ROWS) {
  t.test(row.id, (t) => {
    t.equal(formatCacheStatus(row.given, row.key), row.expect);
    t.equal(parseList(row.expect).length, 1, 'one member of an sf-list');
    t.end();
  });
}
