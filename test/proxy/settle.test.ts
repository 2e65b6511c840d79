import fc from 'fast-check';
import t from 'tap';
import { createPlainHeads } from '../../src/downstream/plain-head.ts';
import { alteredRequest } from '../../src/policy/request.ts';
import { createRouteTable } from '../../src/proxy/route-table.ts';
import { remember, settle } from '../../src/proxy/settle.ts';
import { load, routes } from '../config/load.ts';

/** Rules that look at fields in every way there is, and rules that do not. */
const RULES = routes(
  '- { name: get, match: GET /get/:id, ttl: 1m }',
  '- { name: any, match: /get/:id, ttl: 2m }',
  '- { name: keyed, match: /keyed, ttl: 1m, key: { headers: [accept-language] } }',
  '- { name: tenants, match: /tenants, ttl: 1m, key: { headers: [x-tenant] } }',
  '- { name: cookies, match: /cookies, ttl: 1m, key: { cookies: [lang] } }',
  '- { name: never, match: /never, cache: false }',
  '- { name: normalised, match: /normalised, ttl: 1m, key: { headers: [accept] }, request-fields: { normalise: [accept] } }',
  '- { name: hosts, match: /hosts, when: { host: a.test }, ttl: 1m }',
  '- { name: query, match: /query, ttl: 1m, key: { query: { include: [q] } } }',
  '- { name: plain, match: /plain, ttl: 1m }',
  '- { name: fields, match: /fields, when: { headers: { accept: ["a/b"] } }, ttl: 1m }',
  '- { name: behind, match: /fields, ttl: 1m }',
);
const digest = (secret: string) => `#${secret}`;
const trustForwarded = false;
const read = createPlainHeads({ maxFields: 100, maxTarget: 1000 });

const paths = [
  'get/1',
  'keyed',
  'tenants',
  'cookies',
  'never',
  'normalised',
  'hosts',
  'query',
  'plain',
  'fields',
  'none',
];
const text = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD'),
    path: fc.constantFrom(...paths),
    query: fc.constantFrom('', '?q=1', '?q=2&r=1'),
    host: fc.constantFrom('a.test', 'b.test'),
    lines: fc.subarray([
      ...['Accept: a/b\r\n', 'Accept: A/B\r\n', 'Accept-Language: de\r\n', 'X-Forwarded-Host: c.test\r\n'],
      ...['Cache-Control: no-cache\r\n', 'X-Request-Id: 1\r\n', 'If-None-Match: "1"\r\n'],
    ]),
  })
  .map(({ method, path, query, host, lines }) => {
    const [first = '', ...others] = lines;
    return `${method} /${path}${query} HTTP/1.1\r\n${first}Host: ${host}\r\n${others.join('')}\r\n`;
  });

t.test('what is settled once for a place holds for each of its requests', async (t) => {
  const table = createRouteTable(load({ yaml: RULES }).routes);
  let known = 0;
  const same = (request: string): void => {
    const head = read(request, 0);
    if (head === undefined) throw new Error(`is not plain: ${request}`);
    if (table.settled.has(head.place)) known++;
    const settled = settle(head, false, { routes: table, digest, trustForwarded });
    remember(settled, head, table);
    const anew = settle(alteredRequest(head, {}), false, { routes: table, digest, trustForwarded });
    if (JSON.stringify(settled) !== JSON.stringify(anew)) throw new Error(JSON.stringify({ settled, anew }));
  };
  fc.assert(fc.property(text, same), { numRuns: 1500 });
  t.ok(known > 100, `${known} of 1,500 were settled before`);
});

t.test('a GET of a place that is known is settled without a look at its fields', async (t) => {
  const table = createRouteTable(load({ yaml: RULES }).routes);
  const ask = () => read('GET /plain?a=1 HTTP/1.1\r\nHost: a.test\r\nAccept: 1\r\n\r\n', 0);
  const [first, second] = [ask(), ask()];
  if (first === undefined || second === undefined) return t.fail('is not plain');
  const settled = settle(first, false, { routes: table, digest, trustForwarded });
  t.equal(settled.kind, 'lookup');
  t.not(settle(second, false, { routes: table, digest, trustForwarded }), settled, 'not before a hit');
  remember(settled, first, table);
  t.equal(settle(second, false, { routes: table, digest, trustForwarded }), settled);
  const reloaded = createRouteTable(load({ yaml: RULES.replace('/plain', '/other') }).routes);
  t.equal(
    settle(second, false, { routes: reloaded, digest, trustForwarded }).kind,
    'no-route',
    'not after a reload',
  );
});
