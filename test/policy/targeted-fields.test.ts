import t from 'tap';
import { responseDirectives } from '../../src/policy/targeted-fields.ts';
import { lines } from './given.ts';

const NAMES = ['cacheside-cache-control', 'cdn-cache-control'];

/** `expect`: the directives of a targeted field; undefined: Cache-Control's. */
const ROWS: readonly { id: string; rfc: string; given: string[]; expect?: Record<string, string> }[] = [
  { id: 'none', rfc: '9213 §2.2', given: [] },
  {
    id: 'in place of Cache-Control',
    rfc: '9213 §2.2',
    given: ['Cache-Control: no-store', 'CDN-Cache-Control: max-age=600'],
    expect: { 'max-age': '600' },
  },
  {
    id: 'the first of the list, whatever the order of lines',
    rfc: '9213 §2.2',
    given: ['CDN-Cache-Control: max-age=600', 'Cacheside-Cache-Control: max-age=5'],
    expect: { 'max-age': '5' },
  },
  {
    id: 'the next where the first does not parse',
    rfc: '9213 §2.2',
    given: ['CDN-Cache-Control: max-age=600', 'Cacheside-Cache-Control: max-age=600, &&&'],
    expect: { 'max-age': '600' },
  },
  {
    id: 'an inner list is of no type that a directive has, and lifts nothing',
    rfc: '9213 §2.1',
    given: ['CDN-Cache-Control: max-age=(60), no-cache=("x-a"), no-store=()'],
    expect: { 'max-age': '?', 'no-cache': '', 'no-store': '?' },
  },
  { id: 'one that is not on the list', rfc: '9213 §2.2', given: ['Other-Cache-Control: no-store'] },
  { id: 'an empty one', rfc: '9213 §2.1', given: ['CDN-Cache-Control:'] },
  { id: 'white space alone', rfc: '9213 §2.1', given: ['CDN-Cache-Control:   '] },
  { id: 'no Dictionary', rfc: '9213 §2.1', given: ['CDN-Cache-Control: max-age=60; private, "x"'] },
  { id: 'a comma at the end', rfc: '9651 §4.2.2', given: ['CDN-Cache-Control: max-age=60,'] },
  { id: 'upper case', rfc: '9651 §3.1.2', given: ['CDN-Cache-Control: Max-Age=60'] },
  { id: 'space before =', rfc: '9651 §4.2.2', given: ['CDN-Cache-Control: max-age =60'] },
  { id: 'space after =', rfc: '9651 §4.2.2', given: ['CDN-Cache-Control: max-age= 60'] },
  { id: 'sixteen digits', rfc: '9651 §3.3.1', given: ['CDN-Cache-Control: max-age=1000000000000000'] },
  {
    id: 'fifteen digits',
    rfc: '9651 §3.3.1',
    given: ['CDN-Cache-Control: max-age=999999999999999'],
    expect: { 'max-age': '999999999999999' },
  },
  {
    id: 'an unregistered directive hides Cache-Control, too',
    rfc: '9213 §3.1',
    given: ['Cache-Control: max-age=60', 'CDN-Cache-Control: none'],
    expect: { none: '' },
  },
  {
    id: 'over lines',
    rfc: '9651 §3.2',
    given: ['CDN-Cache-Control: max-age=60', 'cdn-cache-control: must-revalidate'],
    expect: { 'max-age': '60', 'must-revalidate': '' },
  },
  {
    id: 'one bad line spoils the field',
    rfc: '9651 §4.2',
    given: ['CDN-Cache-Control: max-age=60', 'CDN-Cache-Control: ?'],
  },
  {
    id: 'twice: the last',
    rfc: '9651 §3.2',
    given: ['CDN-Cache-Control: max-age=60, max-age=5'],
    expect: { 'max-age': '5' },
  },
  {
    id: 'true in full',
    rfc: '9651 §3.3.6',
    given: ['CDN-Cache-Control: no-store=?1'],
    expect: { 'no-store': '' },
  },
  {
    id: 'false: not there',
    rfc: '9651 §3.3.6',
    given: ['CDN-Cache-Control: no-store=?0, max-age=60'],
    expect: { 'max-age': '60' },
  },
  {
    id: 'parameters do not count',
    rfc: '9213 §2.1',
    given: ['CDN-Cache-Control: max-age=60;x;y=1, no-cache;z'],
    expect: { 'max-age': '60', 'no-cache': '' },
  },
  {
    id: 'field names',
    rfc: '9213 §2.1',
    given: ['CDN-Cache-Control: no-cache="a, b", private="c"'],
    expect: { 'no-cache': 'a, b', private: 'c' },
  },
  {
    id: 'a Token is no list of field names: all are meant',
    rfc: '9213 §2.1',
    given: ['CDN-Cache-Control: no-cache=a, private=1'],
    expect: { 'no-cache': '', private: '' },
  },
  {
    id: 'seconds in a String',
    rfc: '9213 §2.1',
    given: ['CDN-Cache-Control: max-age="60"'],
    expect: { 'max-age': '?' },
  },
  {
    id: 'a Decimal',
    rfc: '9213 §2.1',
    given: ['CDN-Cache-Control: max-age=60.5, s-maxage=60.0'],
    expect: { 'max-age': '?', 's-maxage': '?' },
  },
  {
    id: 'a Decimal of another name, or overwritten',
    rfc: '9213 §2.1',
    given: ['CDN-Cache-Control: x="max-age=1.0", max-age=60.0, max-age=60'],
    expect: { x: '?', 'max-age': '60' },
  },
  {
    id: 'other types',
    rfc: '9213 §2.1',
    given: ['CDN-Cache-Control: max-age=(60), s-maxage=:YQ==:, stale-while-revalidate=x'],
    expect: { 'max-age': '?', 's-maxage': '?', 'stale-while-revalidate': '?' },
  },
  { id: 'a Date, which RFC 8941 does not have', rfc: '9213 §2.1', given: ['CDN-Cache-Control: x=@60, y'] },
  {
    id: 'a negative Integer: no number of seconds',
    rfc: '9111 §1.2.2',
    given: ['CDN-Cache-Control: max-age=-60'],
    expect: { 'max-age': '-60' },
  },
  {
    id: 'what forbids does so with any value',
    rfc: '9213 §2.1',
    given: ['CDN-Cache-Control: no-store=1, must-revalidate="x", public=x'],
    expect: { 'no-store': '1', 'must-revalidate': '?', public: '?' },
  },
];

for (const { id, rfc, given, expect } of ROWS) {
  t.test(`${id} (RFC ${rfc})`, (t) => {
    const { directives, targeted } = responseDirectives(lines(...given), NAMES);
    t.equal(targeted, expect !== undefined);
    if (expect !== undefined) t.strictSame(Object.fromEntries(directives), expect);
    else t.notOk(directives.has('x'));
    t.end();
  });
}

t.test('Cache-Control counts where no targeted field does', (t) => {
  const fields = lines('Cache-Control: max-age=5', 'CDN-Cache-Control: max-age=60');
  t.strictSame([...responseDirectives(fields, []).directives], [['max-age', '5']]);
  t.strictSame([...responseDirectives(fields, ['cacheside-cache-control']).directives], [['max-age', '5']]);
  t.end();
});
