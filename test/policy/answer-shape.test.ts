import t from 'tap';
import { type AnswerShape, decideShape, mayWantLess } from '../../src/policy/answer-shape.ts';
import { lines, NOW, NOW_DATE, request } from './given.ts';

const EARLIER = 'Sun, 06 Nov 1994 07:49:37 GMT';

interface Row {
  readonly id: string;
  readonly rfc: string;
  readonly given: readonly string[];
  readonly method?: string;
  readonly status?: number;
  readonly stored?: readonly string[];
  /** null: not known. */
  readonly length?: number | null;
  readonly from?: 'store' | 'upstream';
  readonly expect: AnswerShape['kind'];
}

const RANGE = 'Range: bytes=0-1';
const ETAG = 'ETag: "a"';

const ROWS: readonly Row[] = [
  { id: 'nothing asked', rfc: '9110 §13.2.2', given: [], expect: 'whole' },
  { id: 'a range', rfc: '9110 §14.2', given: [RANGE], expect: 'part' },
  { id: 'two ranges', rfc: '9110 §14.2', given: ['Range: bytes=0-1,4-5'], expect: 'parts' },
  { id: 'a range beyond', rfc: '9110 §15.5.17', given: ['Range: bytes=10-'], expect: 'unsatisfiable' },
  { id: 'a range of HEAD', rfc: '9110 §14.2', method: 'HEAD', given: [RANGE], expect: 'whole' },
  {
    id: 'beyond, of HEAD',
    rfc: '9110 §14.2',
    method: 'HEAD',
    given: ['Range: bytes=10-'],
    expect: 'whole',
  },
  { id: 'a range of POST', rfc: '9110 §14.2', method: 'POST', given: [RANGE], expect: 'whole' },
  { id: 'a range of 404', rfc: '9110 §14.2', status: 404, given: [RANGE], expect: 'whole' },
  { id: 'a range of 204', rfc: '9110 §14.2', status: 204, length: 0, given: [RANGE], expect: 'whole' },
  { id: 'of a part', rfc: '9110 §14.4', given: [RANGE], stored: ['Content-Range: x'], expect: 'whole' },
  { id: 'of unknown length', rfc: '9110 §14.2', given: [RANGE], length: null, expect: 'whole' },
  { id: 'of nothing', rfc: '9110 §14.2', given: [RANGE], length: 0, expect: 'whole' },
  { id: 'malformed', rfc: '9110 §14.2', given: ['Range: bytes=x'], expect: 'whole' },
  {
    id: 'one part of a coded body',
    rfc: '9110 §14.1.2',
    given: [RANGE],
    stored: ['Content-Encoding: br'],
    expect: 'part',
  },
  {
    id: 'parts of a coded body',
    rfc: '9110 §14.2',
    given: ['Range: bytes=0-1,4-5'],
    stored: ['Content-Encoding: br'],
    expect: 'whole',
  },
  {
    id: 'If-Range holds',
    rfc: '9110 §13.1.5',
    given: [RANGE, 'If-Range: "a"'],
    stored: [ETAG],
    expect: 'part',
  },
  {
    id: 'If-Range does not',
    rfc: '9110 §13.1.5',
    given: [RANGE, 'If-Range: "b"'],
    stored: [ETAG],
    expect: 'whole',
  },
  {
    id: 'If-Range does not, and the Range is beyond',
    rfc: '9110 §13.2.2',
    given: ['Range: bytes=10-', 'If-Range: "b"'],
    stored: [ETAG],
    expect: 'whole',
  },
  { id: 'If-Range alone', rfc: '9110 §13.1.5', given: ['If-Range: "b"'], stored: [ETAG], expect: 'whole' },
  {
    id: 'the client has it: before any Range',
    rfc: '9110 §13.2.2',
    given: ['If-None-Match: "a"', RANGE, 'If-Range: "a"'],
    stored: [ETAG],
    expect: 'not-modified',
  },
  {
    id: 'before a Range beyond',
    rfc: '9110 §13.2.2',
    given: ['If-None-Match: "a"', 'Range: bytes=10-'],
    stored: [ETAG],
    expect: 'not-modified',
  },
  {
    id: 'the client has another',
    rfc: '9110 §13.2.2',
    given: ['If-None-Match: "b"', RANGE],
    stored: [ETAG],
    expect: 'part',
  },
  {
    id: 'not modified, HEAD',
    rfc: '9110 §13.2.2',
    method: 'HEAD',
    given: ['If-None-Match: "a"'],
    stored: [ETAG],
    expect: 'not-modified',
  },
  {
    id: 'of unknown length, not modified',
    rfc: '9110 §13.2.2',
    given: [`If-Modified-Since: ${NOW_DATE}`],
    stored: [`Last-Modified: ${EARLIER}`],
    length: null,
    from: 'upstream',
    expect: 'not-modified',
  },
  {
    id: 'a 404 the client has',
    rfc: '9111 §4.3.2',
    status: 404,
    given: ['If-None-Match: "a"'],
    stored: [ETAG],
    expect: 'whole',
  },
  {
    id: 'a condition of POST',
    rfc: '9110 §13.1.2',
    method: 'POST',
    given: ['If-None-Match: "a"'],
    stored: [ETAG],
    expect: 'whole',
  },
  {
    id: 'since the Date of what is stored',
    rfc: '9111 §4.3.2',
    given: [`If-Modified-Since: ${NOW_DATE}`],
    stored: [`Date: ${NOW_DATE}`],
    expect: 'not-modified',
  },
  {
    id: 'since the Date of what was fetched',
    rfc: '9110 §13.1.3',
    given: [`If-Modified-Since: ${NOW_DATE}`],
    stored: [`Date: ${NOW_DATE}`],
    from: 'upstream',
    expect: 'whole',
  },
];

for (const row of ROWS) {
  t.test(`${row.id} (RFC ${row.rfc})`, (t) => {
    const { method = 'GET', status = 200, stored = [], length = 10, from = 'store' } = row;
    const given = request({ method, fields: lines(...row.given) });
    const response = { status, fields: lines(...stored), length: length ?? undefined, from };
    t.equal(decideShape(given, response, NOW).kind, row.expect);
    t.end();
  });
}

t.test('which requests may want less than the whole', (t) => {
  for (const line of ['range: x', 'RANGE: x', 'If-None-Match:', 'if-modified-since: x'])
    t.ok(mayWantLess(request({ fields: lines('Accept: */*', line) })), line);
  t.notOk(
    mayWantLess(request({ fields: lines('Trace: x', 'X-1234567890: x', 'If-Range: "a"', 'If-Match: x') })),
  );
  t.end();
});
