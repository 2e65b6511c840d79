import t from 'tap';
import type { RequestHead } from '../../src/policy/request.ts';
import { isUnheard, requestDirectives, wantsOnlyStored } from '../../src/policy/request-directives.ts';
import { get, rule } from './given.ts';

const ROWS: readonly { id: string; rfc: string; given: RequestHead; expect: [string, string][] }[] = [
  { id: 'none', rfc: '9111 §5.2.1', given: get(), expect: [] },
  { id: 'Pragma', rfc: '9111 §5.4', given: get('Pragma: no-cache'), expect: [['no-cache', '']] },
  {
    id: 'Pragma among others',
    rfc: '9111 §5.4',
    given: get('Pragma: x, No-Cache'),
    expect: [['no-cache', '']],
  },
  {
    id: 'Pragma over lines',
    rfc: '9111 §5.4',
    given: get('Pragma: x', 'Pragma: no-cache'),
    expect: [['no-cache', '']],
  },
  { id: 'another Pragma', rfc: '9111 §5.4', given: get('Pragma: no-cached, x-no-cache'), expect: [] },
  {
    id: 'Pragma beside Cache-Control',
    rfc: '9111 §5.4',
    given: get('Pragma: no-cache', 'Cache-Control: max-age=1'),
    expect: [['max-age', '1']],
  },
  {
    id: 'Pragma beside an empty Cache-Control',
    rfc: '9111 §5.4',
    given: get('Pragma: no-cache', 'Cache-Control:'),
    expect: [['no-cache', '']],
  },
  {
    id: 'without an argument',
    rfc: '9111 §5.2.1.2',
    given: get('Cache-Control: max-stale, min-fresh'),
    expect: [
      ['max-stale', ''],
      ['min-fresh', ''],
    ],
  },
  {
    id: 'any case, over lines',
    rfc: '9111 §5.2',
    given: get('Cache-Control: No-Store', 'cache-control: ONLY-IF-CACHED'),
    expect: [
      ['no-store', ''],
      ['only-if-cached', ''],
    ],
  },
  {
    id: 'a targeted field is none of a request',
    rfc: '9213 §2',
    given: get('CDN-Cache-Control: no-cache'),
    expect: [],
  },
];

for (const { id, rfc, given, expect } of ROWS) {
  t.test(`${id} (RFC ${rfc})`, (t) => {
    t.strictSame([...requestDirectives(given)], expect);
    t.end();
  });
}

const WISHES: readonly {
  id: string;
  given: RequestHead;
  heard: boolean;
  onlyStored: boolean;
  unheard: boolean;
}[] = [
  { id: 'no wish', given: get(), heard: true, onlyStored: false, unheard: false },
  { id: 'no wish, not heard', given: get(), heard: false, onlyStored: false, unheard: false },
  {
    id: 'a wish',
    given: get('Cache-Control: only-if-cached'),
    heard: true,
    onlyStored: true,
    unheard: false,
  },
  {
    id: 'a wish, not heard',
    given: get('Cache-Control: only-if-cached'),
    heard: false,
    onlyStored: false,
    unheard: true,
  },
  { id: 'Pragma, not heard', given: get('Pragma: no-cache'), heard: false, onlyStored: false, unheard: true },
];

for (const { id, given, heard, onlyStored, unheard } of WISHES) {
  t.test(`only-if-cached: ${id} (RFC 9111 §5.2.1.7)`, (t) => {
    const of = rule({ requestDirectives: heard ? 'honour' : 'ignore' });
    t.equal(wantsOnlyStored(given, of), onlyStored);
    t.equal(isUnheard(given, of), unheard);
    t.end();
  });
}
