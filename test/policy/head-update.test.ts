import t from 'tap';
import { decideHeadUpdate, type HeadUpdate } from '../../src/policy/head-update.ts';
import { answer, lines, NOW_DATE, stored } from './given.ts';

const LATER_DATE = 'Sun, 06 Nov 1994 09:49:37 GMT';
const BOTH = ['ETag: "1"', `Last-Modified: ${NOW_DATE}`];

const ROWS: readonly {
  id: string;
  rfc: string;
  /** Validators of what is stored, eight bytes long. */
  stored?: string[];
  storedStatus?: number;
  given: string[];
  status?: number;
  expect: HeadUpdate;
}[] = [
  { id: 'the same validators', rfc: '9111 §4.3.5', given: BOTH, expect: 'freshen' },
  {
    id: 'the same validators and length',
    rfc: '9111 §4.3.5',
    given: [...BOTH, 'Content-Length: 8'],
    expect: 'freshen',
  },
  { id: 'the same ETag alone', rfc: '9111 §4.3.5', given: ['ETag: "1"'], expect: 'freshen' },
  {
    id: 'the same weak ETag',
    rfc: '9111 §4.3.5',
    stored: ['ETag: W/"1"'],
    given: ['ETag: W/"1"'],
    expect: 'freshen',
  },
  {
    id: 'the same Last-Modified alone',
    rfc: '9111 §4.3.5',
    given: [`Last-Modified: ${NOW_DATE}`],
    expect: 'freshen',
  },
  { id: 'another ETag', rfc: '9111 §4.3.5', given: ['ETag: "2"'], expect: 'invalidate' },
  { id: 'a weakened ETag', rfc: '9111 §4.3.5', given: ['ETag: W/"1"'], expect: 'invalidate' },
  {
    id: 'an ETag where none is stored',
    rfc: '9111 §4.3.5',
    stored: [],
    given: ['ETag: "1"'],
    expect: 'invalidate',
  },
  {
    id: 'another Last-Modified',
    rfc: '9111 §4.3.5',
    given: ['ETag: "1"', `Last-Modified: ${LATER_DATE}`],
    expect: 'invalidate',
  },
  {
    id: 'another length',
    rfc: '9111 §4.3.5',
    given: [...BOTH, 'Content-Length: 9'],
    expect: 'invalidate',
  },
  {
    id: 'another length and no validator',
    rfc: '9111 §4.3.5',
    given: ['Content-Length: 9'],
    expect: 'invalidate',
  },
  { id: 'the same length alone', rfc: '9111 §4.3.5', given: ['Content-Length: 8'], expect: 'none' },
  { id: 'nothing to compare', rfc: '9111 §4.3.5', given: [], expect: 'none' },
  {
    id: 'two ETags, which name nothing',
    rfc: '9110 §8.8.3',
    given: ['ETag: "1"', 'ETag: "2"'],
    expect: 'none',
  },
  {
    id: 'a 200 where a 404 is stored',
    rfc: '9111 §4.3.5',
    storedStatus: 404,
    given: BOTH,
    expect: 'invalidate',
  },
  ...[204, 206, 301, 304, 404, 405, 410, 429, 500, 503].map((status) => ({
    id: `a ${status}`,
    rfc: '9111 §4.3.5',
    given: ['ETag: "2"'],
    status,
    expect: 'none' as const,
  })),
];

for (const row of ROWS) {
  t.test(`${row.id} (RFC ${row.rfc})`, (t) => {
    const kept = stored({
      fields: lines(...(row.stored ?? BOTH)),
      status: row.storedStatus ?? 200,
      body: new Uint8Array(8),
    });
    t.equal(decideHeadUpdate(kept, answer(row.status ?? 200, ...row.given)), row.expect);
    t.end();
  });
}
