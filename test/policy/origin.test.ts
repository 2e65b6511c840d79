import t from 'tap';
import { originOf, withOrigin } from '../../src/policy/origin.ts';

const ROWS = [
  { id: 'no port', rfc: '9110 §4.2.3', given: ['http', 'shop.test'], expect: 'http://shop.test' },
  {
    id: 'the default port of http',
    rfc: '9110 §4.2.3',
    given: ['http', 'shop.test:80'],
    expect: 'http://shop.test',
  },
  { id: 'with zeros', given: ['http', 'shop.test:0080'], expect: 'http://shop.test' },
  { id: 'the default port of https', given: ['https', 'shop.test:443'], expect: 'https://shop.test' },
  { id: 'that of the other', given: ['http', 'shop.test:443'], expect: 'http://shop.test:443' },
  { id: 'another one', given: ['http', 'shop.test:8080'], expect: 'http://shop.test:8080' },
  { id: 'an address', given: ['http', '[::80]'], expect: 'http://[::80]' },
  { id: 'an address with the port', given: ['http', '[::1]:80'], expect: 'http://[::1]' },
] as const;

for (const { id, given, expect } of ROWS) {
  t.test(id, (t) => {
    const [scheme, authority] = given;
    t.equal(originOf(scheme, authority), expect);
    t.equal(withOrigin(`${scheme}://${authority}/a?b`, scheme, authority), `${expect}/a?b`);
    t.end();
  });
}
