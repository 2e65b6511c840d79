import t from 'tap';
import type { ResponseHead } from '../../src/policy/request.ts';
import type { StoredResponse } from '../../src/policy/stored-response.ts';
import { conditionalFields, decideValidation, freshen } from '../../src/policy/validation.ts';
import { answer, catchAll, get, lines, NOW, NOW_DATE, SECOND, stored } from './given.ts';

const CONDITIONS: readonly { id: string; rfc?: string; given: string[]; expect: string[] }[] = [
  { id: 'an ETag', rfc: '9111 §4.3.1', given: ['etag: "1"'], expect: ['If-None-Match: "1"'] },
  { id: 'a weak ETag', rfc: '9110 §8.8.1', given: ['ETag: W/"1"'], expect: ['If-None-Match: W/"1"'] },
  {
    id: 'Last-Modified',
    rfc: '9111 §4.3.1',
    given: [`Last-Modified: ${NOW_DATE}`],
    expect: [`If-Modified-Since: ${NOW_DATE}`],
  },
  {
    id: 'both',
    rfc: '9111 §4.3.1',
    given: [`Last-Modified: ${NOW_DATE}`, 'ETag: "1"'],
    expect: ['If-None-Match: "1"', `If-Modified-Since: ${NOW_DATE}`],
  },
  { id: 'neither', given: ['Date: x'], expect: [] },
  { id: 'an empty ETag', given: ['ETag:'], expect: [] },
  { id: 'two ETags, either of which a 304 could mean', given: ['ETag: "1"', 'ETag: "2"'], expect: [] },
  { id: 'no date', given: ['Last-Modified: yesterday'], expect: [] },
];

for (const row of CONDITIONS) {
  t.test(`conditions: ${row.id}`, (t) => {
    t.strictSame(conditionalFields(stored({ fields: lines(...row.given) })), lines(...row.expect));
    t.end();
  });
}

t.test('what an answer to a validation means (RFC 9111 §4.3.3)', (t) => {
  t.strictSame(decideValidation(answer(304)), { kind: 'freshen' });
  for (const status of [500, 502, 503, 504])
    t.strictSame(decideValidation(answer(status)), { kind: 'error' }, `${status}`);
  for (const status of [200, 206, 301, 400, 404, 410, 412, 429, 501, 505]) {
    t.strictSame(decideValidation(answer(status)), { kind: 'replace' }, `${status}`);
  }
  t.end();
});

const LATER = NOW + 3600 * SECOND;
const LATER_DATE = 'Sun, 06 Nov 1994 09:49:37 GMT';
const TIMES = { requestTime: LATER - 20, responseTime: LATER, random: 0 };
const OLD = lines(
  'Cache-Control: max-age=60',
  'ETag: "1"',
  'Content-Type: text/plain',
  'X-A: 1',
  'x-a: 2',
  `Date: ${NOW_DATE}`,
);
const revalidated = (notModified: ResponseHead, over: Partial<StoredResponse> = {}, request = get()) =>
  freshen(request, stored({ fields: OLD, ...over }), notModified, catchAll(), TIMES);

const FRESHENED: readonly { id: string; rfc: string; given: string[]; expect: string[] }[] = [
  {
    id: 'no fields: the old ones, with a new Date',
    rfc: '9111 §4.3.4',
    given: [],
    expect: [
      'Cache-Control: max-age=60',
      'ETag: "1"',
      'Content-Type: text/plain',
      'X-A: 1',
      'x-a: 2',
      `Date: ${LATER_DATE}`,
    ],
  },
  {
    id: 'every line of a field is replaced',
    rfc: '9111 §3.2',
    given: ['X-a: 3', 'ETag: "1"', `Date: ${LATER_DATE}`],
    expect: [
      'Cache-Control: max-age=60',
      'Content-Type: text/plain',
      'X-a: 3',
      'ETag: "1"',
      `Date: ${LATER_DATE}`,
    ],
  },
  {
    id: 'what is bound to the bytes of the stored body stays',
    rfc: '9111 §3.2',
    given: [
      'Content-Encoding: br',
      'Content-Length: 0',
      'Content-Range: x',
      'Content-MD5: y',
      'Content-Digest: sha-256=:AA==:',
      'Age: 1',
      `Date: ${LATER_DATE}`,
    ],
    expect: [
      'Cache-Control: max-age=60',
      'ETag: "1"',
      'Content-Type: text/plain',
      'X-A: 1',
      'x-a: 2',
      `Date: ${LATER_DATE}`,
    ],
  },
  {
    id: 'what describes it changes, and what is new is added',
    rfc: '9111 §3.2',
    given: [
      'Content-Type: text/plain;charset=utf-8',
      'Content-Location: /a',
      'X-New: 1',
      'Warning: 110 - "stale"',
      `Date: ${LATER_DATE}`,
    ],
    expect: [
      'Cache-Control: max-age=60',
      'ETag: "1"',
      'X-A: 1',
      'x-a: 2',
      'Content-Type: text/plain;charset=utf-8',
      'Content-Location: /a',
      'X-New: 1',
      `Date: ${LATER_DATE}`,
    ],
  },
];

for (const row of FRESHENED) {
  t.test(`freshened: ${row.id}`, (t) => {
    const result = revalidated(answer(304, ...row.given));
    t.equal(result.kind, 'freshened');
    if (result.kind === 'freshened') t.strictSame(result.terms.fields, lines(...row.expect));
    t.end();
  });
}

t.test('freshened: terms and age start again from the 304', (t) => {
  const result = revalidated(
    answer(304, 'Cache-Control: max-age=5, must-revalidate', 'Vary: Accept', 'Age: 2'),
    { status: 203 },
  );
  t.equal(result.kind, 'freshened');
  if (result.kind === 'freshened') {
    const { status, lifetime, initialAge, responseTime, mustRevalidate, vary } = result.terms;
    t.strictSame(
      { status, lifetime, initialAge, responseTime, mustRevalidate, vary },
      {
        status: 203,
        lifetime: 5 * SECOND,
        initialAge: 2020,
        responseTime: LATER,
        mustRevalidate: true,
        vary: ['accept'],
      },
    );
  }
  t.end();
});

t.test('freshened: a targeted field of the 304 counts (RFC 9213 §2.2)', (t) => {
  const targeted = catchAll({ targetedFields: ['cdn-cache-control'] });
  const old = stored({ fields: [...OLD, 'CDN-Cache-Control', 'max-age=1'] });
  const news = answer(304, 'CDN-Cache-Control: max-age=9', 'Cache-Control: no-store');
  t.match(freshen(get(), old, news, targeted, TIMES), {
    kind: 'freshened',
    terms: { lifetime: 9 * SECOND },
    reasons: ['targeted-field'],
  });
  t.match(freshen(get(), old, answer(304, 'CDN-Cache-Control: no-store'), targeted, TIMES), {
    kind: 'no-longer-storable',
    detail: 'response-no-store',
    reasons: ['targeted-field'],
  });
  t.end();
});

const REFUSED: readonly {
  id: string;
  rfc?: string;
  given: ResponseHead;
  request?: ReturnType<typeof get>;
  detail: string;
}[] = [
  {
    id: 'it became private',
    rfc: '9111 §3',
    given: answer(304, 'Cache-Control: private'),
    detail: 'response-private',
  },
  {
    id: 'it became no-store',
    rfc: '9111 §3',
    given: answer(304, 'Cache-Control: no-store'),
    detail: 'response-no-store',
  },
  { id: 'it sets a cookie', given: answer(304, 'Set-Cookie: a=1'), detail: 'set-cookie' },
  { id: 'it varies by everything', rfc: '9111 §4.1', given: answer(304, 'Vary: *'), detail: 'vary-star' },
  {
    id: 'the request was authorised',
    rfc: '9111 §3.5',
    given: answer(304),
    request: get('Authorization: x'),
    detail: 'authorization',
  },
  {
    id: 'the strong ETag of another response',
    rfc: '9111 §4.3.4',
    given: answer(304, 'ETag: "2"'),
    detail: 'validator-mismatch',
  },
];

for (const row of REFUSED) {
  t.test(`no longer storable: ${row.id}`, (t) => {
    const result = revalidated(row.given, {}, row.request);
    t.equal(result.kind, 'no-longer-storable');
    if (result.kind === 'no-longer-storable') t.equal(result.detail, row.detail);
    t.end();
  });
}

const TAGGED = ['ETag: "1"', `Last-Modified: ${NOW_DATE}`];
const OF_WHICH: readonly { id: string; stored: string[]; given: string[]; expect: boolean }[] = [
  { id: 'nothing named', stored: TAGGED, given: [], expect: true },
  { id: 'nothing named, nothing asked', stored: [], given: [], expect: true },
  { id: 'its strong ETag', stored: TAGGED, given: ['ETag: "1"'], expect: true },
  { id: 'another strong ETag', stored: TAGGED, given: ['ETag: "2"'], expect: false },
  { id: 'a strong ETag where its own is weak', stored: ['ETag: W/"1"'], given: ['ETag: "1"'], expect: false },
  { id: 'a strong ETag where it has none', stored: [TAGGED[1] ?? ''], given: ['ETag: "1"'], expect: false },
  { id: 'its weak ETag', stored: ['ETag: W/"1"'], given: ['ETag: W/"1"'], expect: true },
  { id: 'its strong ETag, weakened on the way', stored: TAGGED, given: ['ETag: W/"1"'], expect: true },
  { id: 'another weak ETag', stored: TAGGED, given: ['ETag: W/"2"'], expect: false },
  { id: 'a weak ETag where it has no validator', stored: [], given: ['ETag: W/"1"'], expect: false },
  {
    id: 'a weak ETag where it has a Last-Modified, and that too',
    stored: [`Last-Modified: ${NOW_DATE}`],
    given: ['ETag: W/"1"', `Last-Modified: ${NOW_DATE}`],
    expect: true,
  },
  {
    id: 'its ETag, and another Last-Modified',
    stored: TAGGED,
    given: ['ETag: "1"', `Last-Modified: ${LATER_DATE}`],
    expect: true,
  },
  {
    id: 'another Last-Modified, where the ETag was asked about',
    stored: TAGGED,
    given: [`Last-Modified: ${LATER_DATE}`],
    expect: true,
  },
  {
    id: 'its Last-Modified',
    stored: [`Last-Modified: ${NOW_DATE}`],
    given: [`Last-Modified: ${NOW_DATE}`],
    expect: true,
  },
  {
    id: 'another Last-Modified',
    stored: [`Last-Modified: ${NOW_DATE}`],
    given: [`Last-Modified: ${LATER_DATE}`],
    expect: false,
  },
];

for (const row of OF_WHICH) {
  t.test(`a 304 with ${row.id} (RFC 9111 §4.3.4)`, (t) => {
    const fields = lines('Cache-Control: max-age=60', ...row.stored);
    const result = revalidated(answer(304, ...row.given), { fields });
    t.equal(result.kind, row.expect ? 'freshened' : 'no-longer-storable');
    if (result.kind === 'no-longer-storable') {
      t.equal(result.detail, 'validator-mismatch');
      t.strictSame(result.fields, fields, 'the old body keeps its own fields');
    }
    t.end();
  });
}

const VARIES: readonly { id: string; stored: string[]; update: string[]; expect: readonly string[] }[] = [
  {
    id: 'a narrower Vary: what selected the body still does',
    stored: ['Vary: Origin, Accept-Encoding'],
    update: ['Vary: Origin'],
    expect: ['accept-encoding', 'origin'],
  },
  { id: 'none: the old one', stored: ['Vary: Accept'], update: [], expect: ['accept'] },
  {
    id: 'a wider one, over lines',
    stored: ['Vary: Accept'],
    update: ['Vary: accept', 'Vary: Origin'],
    expect: ['accept', 'origin'],
  },
  { id: 'the first', stored: [], update: ['Vary: Origin'], expect: ['origin'] },
];

t.test('a 304 cannot make a response fit for more requests than before (RFC 9111 §4.1)', (t) => {
  for (const row of VARIES) {
    const result = revalidated(answer(304, ...row.update), {
      fields: lines(...row.stored, 'Cache-Control: max-age=60'),
    });
    t.match(result, { kind: 'freshened', terms: { vary: row.expect } }, row.id);
  }
  t.end();
});
