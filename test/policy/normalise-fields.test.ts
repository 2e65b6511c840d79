import t from 'tap';
import { normaliseFields } from '../../src/policy/normalise-fields.ts';
import { lines } from './given.ts';

const NAMES = new Set(['accept-language']);

const rows: { id: string; rfc: string; given: string[]; expect: string[] }[] = [
  {
    id: 'case',
    rfc: '9110 §12.5.4',
    given: ['Accept-Language: eN, De-CH'],
    expect: ['accept-language: de-ch, en'],
  },
  { id: 'order', rfc: '9111 §4.1', given: ['Accept-Language: en, de'], expect: ['accept-language: de, en'] },
  {
    id: 'weights stay with their member',
    rfc: '9110 §12.4.2',
    given: ['Accept-Language: fr ; q = 0.5 ,de;q=1.0'],
    expect: ['accept-language: de;q=1.0, fr;q=0.5'],
  },
  {
    id: 'lines are one list',
    rfc: '9110 §5.3',
    given: ['Accept-Language: en', 'X: 1', 'ACCEPT-LANGUAGE: de,'],
    expect: ['X: 1', 'accept-language: de, en'],
  },
  {
    id: 'an empty field differs from none',
    rfc: '9111 §4.1',
    given: ['Accept-Language: '],
    expect: ['accept-language: '],
  },
  { id: 'others stay as they are', rfc: '9110 §5.5', given: ['Accept: B, a'], expect: ['Accept: B, a'] },
];

for (const { id, rfc, given, expect } of rows) {
  t.test(`${id} (RFC ${rfc})`, async (t) => {
    t.same(normaliseFields(lines(...given), NAMES), lines(...expect));
  });
}
