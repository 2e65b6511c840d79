import t from 'tap';
import { createRouteTable } from '../../src/proxy/route-table.ts';
import { request, rule } from '../policy/given.ts';

const NO = undefined;

/** What the pattern captures of the path; undefined where the route does not take it. */
const PATHS: readonly (readonly [
  pattern: string,
  path: string,
  expect: Readonly<Record<string, string>> | undefined,
])[] = [
  ['*', '/anything/at/all', {}],
  ['/products', '/products', {}],
  ['/products', '/products/', NO],
  ['/products/:id', '/products/7', { id: '7' }],
  ['/products/:id', '/products/', NO],
  ['/products/:id', '/products/7/reviews', NO],
  ['/products/:id/reviews/:review', '/products/7/reviews/a.b', { id: '7', review: 'a.b' }],
  ['/static/*', '/static', {}],
  ['/static/*', '/static/a/b.css', {}],
  ['/static/*', '/statically', NO],
  ['/account/*.css', '/account/x.css', {}],
  ['/a.b', '/axb', NO],
  // What some upstreams read as the end of the segment is not part of it.
  ['/account/*.css', '/account/me;x.css', NO],
  ['/account/*.css', '/account/me%2Fx.css', NO],
  ['/account/*.css', '/account/me%3Fx.css', NO],
  ['/account/*.css', '/account/me%23x.css', NO],
  ['/account/*.css', '/account/me%5Cx.css', NO],
  ['/account/*.css', '/account/me%3Bx.css', NO],
  ['/account/*.css', '/account/me%0Ax.css', NO],
  ['/account/*.css', '/account/me%09x.css', NO],
  ['/account/*.css', '/account/me%7Fx.css', NO],
  ['/account/*.css', '/account/me%2500x.css', NO],
  ['/account/*.css', '/account/me%25252Fx.css', NO],
  ['/account/*.css', '/account/me%252fx.css', NO],
  ['/account/*.css', '/account/me%253bx.css', NO],
  ['/account/*.css', '/account/me%250ax.css', NO],
  ['/account/*.css', '/account/me%20x%2541.css', {}],
  ['/products/:id', '/products/7%0A', NO],
  ['/products/:id', '/products/7;x', NO],
  ['/products/:id', '/products/7%2Freviews', NO],
  ['/products/:id', '/products/caf%C3%A9', { id: 'caf%C3%A9' }],
];

t.test('patterns', (t) => {
  for (const [pattern, path, expect] of PATHS) {
    const table = createRouteTable([rule({ match: { ...rule({}).match, pattern } })]);
    const matched = table.match(request({ path }));
    t.same(matched && { ...matched.params }, expect, `${pattern} ${path}`);
  }
  t.end();
});

t.test('the first route that suits wins', (t) => {
  const match = rule({}).match;
  const table = createRouteTable([
    rule({ name: 'writes', match: { ...match, methods: ['POST'], pattern: '/a' } }),
    rule({ name: 'host', match: { ...match, hosts: ['*.shop.test'], pattern: '/a' } }),
    rule({ name: 'port', match: { ...match, hosts: ['shop.test:81'], pattern: '/a' } }),
    rule({ name: 'query', match: { ...match, query: [{ name: 'q', is: ['1', '2'] }], pattern: '/a' } }),
    rule({ name: 'header', match: { ...match, headers: [{ name: 'x-beta', is: true }], pattern: '/a' } }),
    rule({ name: 'without', match: { ...match, query: [{ name: 'debug', is: false }], pattern: '/a' } }),
  ]);
  const name = (over: Parameters<typeof request>[0]) =>
    table.match(request({ path: '/a', authority: 'a.test', ...over }))?.rule.name;
  t.equal(name({ method: 'POST' }), 'writes');
  t.equal(name({ authority: 'de.shop.test:8080' }), 'host');
  t.equal(name({ authority: 'shop.test:81' }), 'port');
  t.equal(name({ authority: 'shop.test:82' }), 'without');
  t.equal(name({ query: 'q=2' }), 'query');
  t.equal(name({ query: 'q=3' }), 'without');
  t.equal(name({ fields: ['X-Beta', ''] }), 'header');
  t.equal(name({ query: 'debug=' }), undefined);
  t.end();
});
