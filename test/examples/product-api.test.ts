import { request } from 'node:http';
import t from 'tap';
import { startProductApi } from '../fixtures/product-api.ts';

const api = await startProductApi();
t.teardown(() => api.stop());

interface Sent {
  readonly method?: string;
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
}

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a JSON document of any shape
  readonly json: any;
}

async function send(path: string, { method = 'GET', json, body, headers = {} }: Sent = {}): Promise<Got> {
  const payload = json === undefined ? body : JSON.stringify(json);
  const res = await fetch(api.url + path, {
    method,
    headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(payload === undefined ? {} : { body: payload }),
  });
  const text = await res.text();
  const isJson = res.headers.get('content-type')?.includes('json') === true && text !== '';
  return { status: res.status, headers: res.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

let serial = 0;
const fresh = (more: object = {}) => ({
  sku: `TEST-${++serial}`,
  name: 'Test kettle',
  category: 'kitchen',
  priceCents: 1_999,
  stock: 3,
  ...more,
});

async function make(more: object = {}): Promise<string> {
  const { status, headers } = await send('/products', { method: 'POST', json: fresh(more) });
  if (status !== 201) throw new Error(`no product was made: ${status}`);
  return headers.get('location') ?? '';
}

t.test('the seeded catalogue is always the same', async (t) => {
  const { json } = await send('/products?limit=1');
  t.equal(json.total, 1_000);
  t.match(json.products, [
    { id: 1, sku: 'AUD-00001', category: 'audio', createdAt: '2025-01-01T01:00:00.000Z' },
  ]);
  const second = await startProductApi();
  t.teardown(() => second.stop());
  const other = await (await fetch(`${second.url}/products?limit=100&offset=900`)).text();
  t.equal(other, (await send('/products?limit=100&offset=900')).text);
});

t.test('lists: category, limit, offset and the total of the selection', async (t) => {
  const page = await send('/products?category=garden&limit=5&offset=95');
  t.equal(page.status, 200);
  t.match(page.json, { total: 100, limit: 5, offset: 95 });
  t.equal(page.json.products.length, 5);
  t.ok(page.json.products.every((product: { category: string }) => product.category === 'garden'));
  t.match((await send('/products?category=nothing')).json, { total: 0, products: [] });
  t.equal((await send('/products')).json.products.length, 20, 'twenty where no limit is named');
  t.equal((await send('/products?offset=5000')).json.products.length, 0, 'past the end');
});

t.test('a list query that is wrong is told all that is wrong', async (t) => {
  const { status, headers, json } = await send('/products?limit=0&offset=-1');
  t.equal(status, 400);
  t.equal(headers.get('content-type'), 'application/problem+json');
  t.same(
    json.errors.map((error: { pointer: string }) => error.pointer),
    ['limit', 'offset'],
  );
});

t.test('a product lives: created, read, replaced, changed, deleted', async (t) => {
  const created = await send('/products', { method: 'POST', json: fresh({ description: 'new' }) });
  t.equal(created.status, 201);
  const path = created.headers.get('location') ?? '';
  t.match(path, /^\/products\/\d+$/);
  t.match(created.json, { name: 'Test kettle', description: 'new' });

  const read = await send(path);
  t.equal(read.status, 200);
  t.same(read.json, created.json);
  t.equal(read.headers.get('content-type'), 'application/json; charset=utf-8');
  t.equal(read.headers.get('etag'), created.headers.get('etag'));
  t.equal(read.headers.get('cache-control'), null, 'no Cache-Control unless it is asked for');

  const replaced = await send(path, { method: 'PUT', json: { ...read.json, name: 'Replaced' } });
  t.equal(replaced.status, 200);
  t.match(replaced.json, { id: read.json.id, name: 'Replaced', createdAt: read.json.createdAt });
  t.not(replaced.headers.get('etag'), read.headers.get('etag'));

  const changed = await send(path, { method: 'PATCH', json: { stock: 0, description: null } });
  t.equal(changed.status, 200);
  t.match(changed.json, { name: 'Replaced', stock: 0, description: '' });
  t.same((await send(path)).json, changed.json);

  t.equal((await send(path, { method: 'DELETE' })).status, 204);
  t.equal((await send(path)).status, 404);
  t.equal((await send(path, { method: 'DELETE' })).status, 404);
  t.equal((await send(path, { method: 'PUT', json: fresh() })).status, 404, 'PUT makes no product');
});

t.test('every field that is wrong is named at once', async (t) => {
  const bad = { sku: 'no', name: ' ', priceCents: 1.5, stock: -1, colour: 'red', 'a/b': 1 };
  const { status, headers, json } = await send('/products', { method: 'POST', json: bad });
  t.equal(status, 422);
  t.equal(headers.get('content-type'), 'application/problem+json');
  t.match(json, { type: 'about:blank', title: 'Invalid product', status: 422 });
  t.same(
    json.errors.map((error: { pointer: string }) => error.pointer),
    ['#/sku', '#/name', '#/category', '#/priceCents', '#/stock', '#/colour', '#/a~1b'],
  );
});

const PATH = '/products/10';
for (const { id, given, expect } of [
  {
    id: 'not JSON',
    given: { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
    expect: 400,
  },
  {
    id: 'not UTF-8',
    given: {
      method: 'POST',
      body: Uint8Array.of(0x22, 0xff, 0x22),
      headers: { 'content-type': 'application/json' },
    },
    expect: 400,
  },
  { id: 'not an object', given: { method: 'POST', json: [1] }, expect: 422 },
  { id: 'another media type', given: { method: 'POST', body: 'a=1' }, expect: 415 },
  {
    id: 'a body over the limit',
    given: { method: 'POST', json: fresh({ name: 'x'.repeat(70_000) }) },
    expect: 413,
  },
  {
    id: 'a patch that breaks a field',
    given: { path: PATH, method: 'PATCH', json: { stock: 'many' } },
    expect: 422,
  },
  {
    id: 'a required field removed',
    given: { path: PATH, method: 'PATCH', json: { name: null } },
    expect: 422,
  },
  { id: 'a SKU in use', given: { method: 'POST', json: { ...fresh(), sku: 'AUD-00001' } }, expect: 409 },
  {
    id: 'a SKU in use, by PUT',
    given: { path: PATH, method: 'PUT', json: { ...fresh(), sku: 'AUD-00001' } },
    expect: 409,
  },
  { id: 'an unknown product', given: { path: '/products/999999' }, expect: 404 },
  { id: 'an id that is none', given: { path: '/products/01' }, expect: 404 },
  { id: 'an unknown path', given: { path: '/nothing' }, expect: 404 },
] satisfies { id: string; given: Sent & { path?: string }; expect: number }[]) {
  t.test(`refused: ${id}`, async (t) => {
    const { path = '/products', ...sent } = given as Sent & { path?: string };
    const { status, headers, json } = await send(path, sent);
    t.equal(status, expect);
    t.equal(headers.get('content-type'), 'application/problem+json');
    t.equal(json.status, expect);
  });
}

t.test('a chunked body over the limit is refused as well', async (t) => {
  const status = await new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const req = request(`${api.url}/products`, { method: 'POST', headers }, (res) => resolve(res.statusCode));
    req.on('error', reject);
    req.write('x'.repeat(70_000));
  });
  t.equal(status, 413);
});

for (const { path, allow } of [
  { path: '/products', allow: 'GET, HEAD, POST, OPTIONS' },
  { path: '/products/1', allow: 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS' },
  { path: '/health', allow: 'GET, HEAD, OPTIONS' },
]) {
  t.test(`methods of ${path}`, async (t) => {
    const refused = await send(path, { method: 'LINK' });
    t.equal(refused.status, 405);
    t.equal(refused.headers.get('allow'), allow);
    const options = await send(path, { method: 'OPTIONS' });
    t.match([options.status, options.headers.get('allow')], [204, allow]);
  });
}

t.test('HEAD answers as GET does, without the body', async (t) => {
  for (const path of ['/products?limit=3', '/products/7']) {
    const get = await send(path);
    const head = await send(path, { method: 'HEAD' });
    t.equal(head.status, 200);
    t.equal(head.text, '');
    for (const name of ['etag', 'content-length', 'content-type', 'last-modified']) {
      t.equal(head.headers.get(name), get.headers.get(name), `${path} ${name}`);
    }
  }
});

t.test('conditional reads', async (t) => {
  const product = await send('/products/8');
  const etag = product.headers.get('etag') ?? '';
  const modified = product.headers.get('last-modified') ?? '';
  t.equal(modified, 'Wed, 01 Jan 2025 08:00:00 GMT');
  const list = (await send('/products?limit=2')).headers.get('etag') ?? '';
  for (const { id, path = '/products/8', method = 'GET', headers, expect } of [
    { id: 'the same tag', headers: { 'if-none-match': etag }, expect: 304 },
    { id: 'HEAD', method: 'HEAD', headers: { 'if-none-match': etag }, expect: 304 },
    { id: 'weakly the same', headers: { 'if-none-match': `W/${etag}` }, expect: 304 },
    { id: 'one of several', headers: { 'if-none-match': `"a,b", ${etag}` }, expect: 304 },
    { id: 'any', headers: { 'if-none-match': '*' }, expect: 304 },
    { id: 'another tag', headers: { 'if-none-match': '"8-0"' }, expect: 200 },
    { id: 'not modified since', headers: { 'if-modified-since': modified }, expect: 304 },
    { id: 'modified since', headers: { 'if-modified-since': 'Wed, 01 Jan 2025 07:59:59 GMT' }, expect: 200 },
    {
      id: 'a tag outranks a date',
      headers: { 'if-none-match': '"x"', 'if-modified-since': modified },
      expect: 200,
    },
    { id: 'no date', headers: { 'if-modified-since': 'yesterday' }, expect: 200 },
    { id: 'If-Match of another', headers: { 'if-match': '"x"' }, expect: 412 },
    { id: 'a list', path: '/products?limit=2', headers: { 'if-none-match': list }, expect: 304 },
    { id: 'another list', path: '/products?limit=3', headers: { 'if-none-match': list }, expect: 200 },
  ] as { id: string; path?: string; method?: string; headers: Record<string, string>; expect: number }[]) {
    const { status, headers: got, text } = await send(path, { method, headers });
    t.equal(status, expect, id);
    if (status === 304) {
      t.match(
        [text, got.get('content-length'), got.get('content-type')],
        ['', null, null],
        `${id}: only a head`,
      );
      t.ok(got.get('etag'), `${id}: with its tag`);
    }
  }
});

t.test('conditional writes', async (t) => {
  const path = await make();
  const etag = (await send(path)).headers.get('etag') ?? '';
  const modified = (await send(path)).headers.get('last-modified') ?? '';
  const before = new Date(Date.parse(modified) - 60_000).toUTCString();
  const patch = { method: 'PATCH', json: { stock: 9 } };
  t.equal((await send(path, { ...patch, headers: { 'if-match': '"x"' } })).status, 412);
  t.equal(
    (await send(path, { ...patch, headers: { 'if-match': `W/${etag}` } })).status,
    412,
    'weakly is not enough',
  );
  t.equal((await send(path, { ...patch, headers: { 'if-none-match': '*' } })).status, 412);
  t.equal((await send(path, { ...patch, headers: { 'if-unmodified-since': before } })).status, 412);
  t.equal((await send(path)).json.stock, 3, 'nothing was written');
  t.equal((await send(path, { ...patch, headers: { 'if-match': etag } })).status, 200);
  const lost = await send(path, { method: 'PUT', json: fresh(), headers: { 'if-match': etag } });
  t.equal(lost.status, 412, 'the tag of before');
  t.not(lost.headers.get('etag'), etag, 'names the current tag');
  t.equal((await send(path, { method: 'DELETE', headers: { 'if-match': etag } })).status, 412);
});

t.test('a write changes the entity tags of the lists that show the product', async (t) => {
  const list = () => send('/products?category=toys&limit=1');
  const first = await list();
  const path = `/products/${first.json.products[0].id}`;
  await send(path, { method: 'PATCH', json: { stock: 12_345 } });
  const second = await list();
  t.equal(second.json.products[0].stock, 12_345);
  t.not(second.headers.get('etag'), first.headers.get('etag'));
});

t.test('health', async (t) => {
  const { status, headers, json } = await send('/health');
  t.match([status, json.status, headers.get('cache-control')], [200, 'ok', 'no-store']);
});
