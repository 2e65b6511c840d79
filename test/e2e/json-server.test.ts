import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { hangUp, send } from '../../scripts/demo/request.ts';
import { startCacheside } from '../fixtures/cacheside.ts';
import { startNode } from '../fixtures/node-process.ts';
import { freePort } from '../fixtures/redis-server.ts';

const JSON_SERVER = fileURLToPath(new URL('../../node_modules/json-server/lib/cli/bin.js', import.meta.url));

t.test('json-server behind Cacheside', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cacheside-json-server-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));

  const products = [
    { id: 1, name: 'kettle', category: 'kitchen' },
    { id: 2, name: 'kite', category: 'toys' },
  ];
  await writeFile(join(folder, 'db.json'), JSON.stringify({ products }));
  const port = await freePort();
  const database = join(folder, 'db.json');
  const upstream = startNode([JSON_SERVER, '--host', '127.0.0.1', '--port', `${port}`, database]);
  t.teardown(() => upstream.stop());
  await upstream.line(/Resources/);
  const origin = `http://127.0.0.1:${port}`;

  // json-server forbids reuse by `Cache-Control: no-cache`; the rule overrules it by name.
  const config = join(folder, 'cacheside.yaml');
  await writeFile(
    config,
    `upstream: ${origin}
routes:
  - name: product
    match: /products/:id
    origin: ignore
    ttl: 60s
    tags: ['product:{id}']
    purge: ['product:{id}', products]
  - name: products
    match: /products
    origin: ignore
    ttl: 60s
    tags: [products]
    purge: [products]
`,
  );
  const cacheside = await startCacheside(['-c', config]);
  t.teardown(() => cacheside.stop());
  t.teardown(hangUp);

  await t.test('a miss, then a hit, of the same bytes', async (t) => {
    const miss = await cacheside.get('/products/1');
    t.match(miss, { status: 200, cacheStatus: /fwd=uri-miss;.* stored;/ });
    t.equal(miss.text, (await send({ url: `${origin}/products/1` })).text);
    const hit = await cacheside.get('/products/1');
    t.match(hit, { status: 200, cacheStatus: /^cacheside; hit; ttl=\d+; detail=memory$/, text: miss.text });
    t.equal(hit.headers.etag, miss.headers.etag);
  });

  await t.test('a client that has it gets 304', async (t) => {
    const { headers } = await cacheside.get('/products/1');
    const again = await cacheside.get('/products/1', { headers: { 'if-none-match': String(headers.etag) } });
    t.match(again, { status: 304, cacheStatus: /hit/, text: '' });
  });

  await t.test('what changes behind its back is seen only after a purge', async (t) => {
    const changed = { id: 1, name: 'steel kettle', category: 'kitchen' };
    await send({ method: 'PUT', url: `${origin}/products/1`, json: changed });
    t.match(await cacheside.get('/products/1'), { cacheStatus: /hit/, text: /"kettle"/ });
    t.match(await cacheside.admin('/purge', { method: 'POST', json: { tag: 'product:1' } }), { status: 200 });
    t.match(await cacheside.get('/products/1'), { cacheStatus: /fwd=/, text: /"steel kettle"/ });
  });

  await t.test('a write through Cacheside invalidates product and list', async (t) => {
    await cacheside.get('/products?category=kitchen');
    t.match(await cacheside.get('/products?category=kitchen'), { cacheStatus: /hit/ });
    const written = await cacheside.get('/products/1', { method: 'PATCH', json: { name: 'copper kettle' } });
    t.match(written, { status: 200, cacheStatus: /fwd=method/ });
    t.match(await cacheside.get('/products/1'), { cacheStatus: /fwd=/, text: /"copper kettle"/ });
    const list = await cacheside.get('/products?category=kitchen');
    t.match(list, { cacheStatus: /fwd=/, text: /"copper kettle"/ });
  });

  await t.test('a new product is in the list at once', async (t) => {
    t.match(await cacheside.get('/products'), { status: 200 });
    t.match(await cacheside.get('/products'), { cacheStatus: /hit/ });
    const added = await cacheside.get('/products', {
      method: 'POST',
      json: { name: 'whisk', category: 'kitchen' },
    });
    t.equal(added.status, 201);
    t.match(await cacheside.get('/products'), { cacheStatus: /fwd=/, text: /"whisk"/ });
  });
});
