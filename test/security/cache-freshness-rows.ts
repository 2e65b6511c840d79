import { type CacheRow, FRESH } from './cache-rows.ts';

const NOT_FRESH: readonly CacheRow[] = [
  ...[
    'max-age=0',
    'max-age=-1',
    'max-age=soon',
    'max-age=',
    'max-age',
    'max-age=60s',
    'max-age=6 0',
    'max-age=0x60',
    'max-age=1e3',
    'max-age=60.0',
    'max-age="x"',
    's-maxage=0, max-age=60',
    's-maxage=x, max-age=60',
    'max-age=60, max-age=0',
    'max-age=0, max-age=60',
    'max-age=60, s-maxage=-1',
    'MAX-AGE=0',
    'max-age=٦٠',
    'max-age=+60',
    "max-age='60'",
    'no-cache',
    'no-cache, max-age=60',
  ].map(
    (directives): CacheRow => ({
      id: directives,
      line: 'not fresh',
      answer: [`Cache-Control: ${directives}`],
      notStored: 'by the upstream',
    }),
  ),
  ...[
    '0',
    '-1',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'soon',
    '',
    'Thu, 01 Jan 2099 00:00:00',
    '2099-01-01T00:00:00Z',
    '4070908800',
    'Thu, 01 Jan 2099 25:00:00 GMT',
  ].map(
    (date): CacheRow => ({
      id: `Expires: ${date}`,
      line: 'not fresh',
      answer: [`Expires: ${date}`],
      notStored: 'by the upstream',
    }),
  ),
  ...['60', '61', '99999999999999999999', '60, 1', '2147483648', '4294967296'].map(
    (age): CacheRow => ({
      id: `Age: ${age}`,
      line: 'not fresh',
      answer: [FRESH, `Age: ${age}`],
      notStored: age.length < 6 ? 'by the upstream' : 'always',
    }),
  ),
  {
    id: 'Age on two lines',
    line: 'not fresh',
    answer: [FRESH, 'Age: 60', 'Age: 1'],
    notStored: 'by the upstream',
  },
  {
    id: 'a Date long past',
    line: 'not fresh',
    answer: [FRESH, 'Date: Thu, 01 Jan 1970 00:00:00 GMT'],
    notStored: 'always',
  },
  {
    id: 'two Expires, one of them past',
    line: 'not fresh',
    answer: ['Expires: Thu, 01 Jan 2099 00:00:00 GMT', 'Expires: 0'],
    notStored: 'by the upstream',
  },
  { id: 'nothing said', line: 'not fresh', answer: [], notStored: 'by the upstream' },
  {
    id: 'only Last-Modified',
    line: 'not fresh',
    answer: ['Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT'],
    notStored: 'by the upstream',
  },
];

const VARYING: readonly CacheRow[] = [
  ...(
    [
      ['Vary: *'],
      ['vary: *'],
      ['Vary: Accept, *'],
      ['Vary: *, Accept'],
      ['Vary: Accept', 'Vary: *'],
      ['Vary: *', 'Vary: Accept'],
      ['Vary: ,*,'],
      ['Vary: \t*'],
      ['Vary: "*"'],
      ['Vary: Accept Encoding'],
      ['Vary: Accept;q=1'],
      ['Vary: Accept/Language'],
      ['Vary: (x)'],
      ['Vary: X-Forwarded-For'],
      ['Vary: accept, X-REQUEST-ID'],
      ['Vary: \xe4'],
      ['Vary: Cookie, *'],
      ['Connection: Vary', 'Vary: *'],
      ['Vary: a,b,c,d,e,f,g,h,i'],
      ['Vary: a,b,c,d,e', 'Vary: f,g,h,i'],
    ] as const
  ).map(
    (lines): CacheRow => ({
      id: lines.join(' | '),
      line: 'Vary',
      answer: [FRESH, ...lines],
      notStored: 'always',
    }),
  ),
];

/** What is not fresh, and what is told apart by what no other request can be known to match. */
export const FRESHNESS_ROWS: readonly CacheRow[] = [...NOT_FRESH, ...VARYING];
