import t from 'tap';
import { heuristicLifetime } from '../../src/policy/heuristic.ts';
import type { ResponseHead } from '../../src/policy/request.ts';
import { responseDirectives } from '../../src/policy/targeted-fields.ts';
import { answer, NOW, NOW_DATE, ok, SECOND } from './given.ts';

const HOUR_BEFORE = 'Last-Modified: Sun, 06 Nov 1994 07:49:37 GMT';
const DAY = 24 * 3600 * SECOND;
const TENTH = 360 * SECOND;

const ROWS: readonly {
  id: string;
  rfc: string;
  given: ResponseHead;
  share?: number;
  expect: number | undefined;
}[] = [
  { id: 'nothing to guess from', rfc: '9111 §4.2.2', given: ok(), expect: undefined },
  { id: 'a share of the time since then', rfc: '9111 §4.2.2', given: ok(HOUR_BEFORE), expect: TENTH },
  {
    id: 'until Date, not until now',
    rfc: '9111 §4.2.2',
    given: ok(HOUR_BEFORE, 'Date: Sun, 06 Nov 1994 07:50:37 GMT'),
    expect: 6 * SECOND,
  },
  {
    id: 'without a Date, until it came',
    rfc: '9110 §6.6.1',
    given: ok(HOUR_BEFORE, 'Date: x'),
    expect: TENTH,
  },
  {
    id: 'at most a day',
    rfc: '9111 §4.2.2',
    given: ok('Last-Modified: Sun, 06 Nov 1983 08:49:37 GMT'),
    expect: DAY,
  },
  {
    id: 'not changed before it was sent',
    rfc: '9111 §4.2.2',
    given: ok(`Last-Modified: ${NOW_DATE}`),
    expect: undefined,
  },
  {
    id: 'changed in the future',
    rfc: '9111 §4.2.2',
    given: ok('Last-Modified: Sun, 06 Nov 1994 09:49:37 GMT'),
    expect: undefined,
  },
  { id: 'an unreadable one', rfc: '9110 §5.6.7', given: ok('Last-Modified: yesterday'), expect: undefined },
  { id: 'two of them', rfc: '9110 §5.6.7', given: ok(HOUR_BEFORE, HOUR_BEFORE), expect: undefined },
  { id: 'whole milliseconds', rfc: '9111 §4.2.2', given: ok(HOUR_BEFORE), share: 1 / 7, expect: 514_285 },
  ...[200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 451, 501].map((status) => ({
    id: `${status}`,
    rfc: '9110 §15.1',
    given: answer(status, HOUR_BEFORE),
    expect: TENTH,
  })),
  ...[201, 202, 206, 302, 303, 307, 400, 401, 403, 418, 500, 502, 503, 504, 599].map((status) => ({
    id: `not ${status}`,
    rfc: '9110 §15.1',
    given: answer(status, HOUR_BEFORE),
    expect: undefined,
  })),
  {
    id: 'any status that says public',
    rfc: '9111 §5.2.2.9',
    given: answer(599, HOUR_BEFORE, 'Cache-Control: public'),
    expect: TENTH,
  },
  {
    id: 'any status of which a targeted field says so',
    rfc: '9213 §2.2',
    given: answer(599, HOUR_BEFORE, 'CDN-Cache-Control: public'),
    expect: TENTH,
  },
  {
    id: 'not where it says so in passing',
    rfc: '9111 §5.2.2.9',
    given: answer(599, HOUR_BEFORE, 'Cache-Control: public=1'),
    expect: undefined,
  },
];

for (const { id, rfc, given, share, expect } of ROWS) {
  t.test(`${id} (RFC ${rfc})`, (t) => {
    const directives = responseDirectives(given.fields, ['cdn-cache-control']);
    t.equal(heuristicLifetime(given, directives, share ?? 0.1, NOW), expect);
    t.end();
  });
}
