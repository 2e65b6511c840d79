import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import t, { type Test } from 'tap';
import { openApiDocument } from '../../src/admin/openapi.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { eventually, type Sidecar, startSidecar } from '../fixtures/sidecar.ts';

interface Content {
  readonly schema: object;
  readonly example?: unknown;
}
interface Response {
  readonly content: Readonly<Record<string, Content>>;
}
interface Operation {
  readonly operationId: string;
  readonly security: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, Response>>;
  };
}

const document = openApiDocument() as unknown as Document;
const OPERATIONS = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

// Strict, but for what only says where a list of types comes from.
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
ajv.addKeyword('components');
ajv.addSchema({ $id: 'https://cacheside.test/openapi', components: document.components });
const compiled = new Map<object, ValidateFunction>();

/** A validator of a schema of the document, which may refer to its components. */
function validatorOf(schema: object): ValidateFunction {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    const located = JSON.parse(
      JSON.stringify(schema).replaceAll('"#/components/', '"https://cacheside.test/openapi#/components/'),
    ) as object;
    validate = ajv.compile(located);
    compiled.set(schema, validate);
  }
  return validate;
}

/** What is wrong with a value; empty: nothing. */
function faults(schema: object, value: unknown): string {
  const validate = validatorOf(schema);
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}

function responseOf(operation: Operation, status: number): Response | undefined {
  const found = operation.responses[status];
  if (found === undefined || !('$ref' in found)) return found;
  return document.components.responses[found.$ref.slice('#/components/responses/'.length)];
}

t.test('the document', async (t) => {
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
  t.ok(valid, JSON.stringify(errors));
  const named = new Set(OPERATIONS.map(({ operation }) => operation.operationId));
  t.equal(named.size, OPERATIONS.length, 'each operation has a name of its own');
  const text = JSON.stringify(document);
  for (const kind of ['schemas', 'responses'] as const)
    for (const name of Object.keys(document.components[kind]))
      if (!/^Problem(?:404|405)$/.test(name))
        t.match(text, `"#/components/${kind}/${name}"`, `${name} is used`);
  let examples = 0;
  for (const { path, operation } of OPERATIONS) {
    const bodies = Object.entries(operation.responses).map(([status]) =>
      responseOf(operation, Number(status)),
    );
    for (const body of [operation.requestBody, ...bodies]) {
      for (const { schema, example } of Object.values(body?.content ?? {})) {
        if (example === undefined) continue;
        examples++;
        t.equal(faults(schema, example), '', `${path}: its example is one`);
      }
    }
  }
  t.ok(examples >= 12, `${examples} examples`);
  t.not(
    faults({ $ref: '#/components/schemas/Health' }, { status: 'ok', uptime: 1, more: 1 }),
    '',
    'schemas are closed',
  );
});

t.test('a sidecar answers as the document says', async (t) => {
  const redis = await startRedis();
  const origin = createServer((req, res) => {
    if (req.url === '/broken') return res.destroy();
    const { pathname } = new URL(req.url ?? '/', 'http://x');
    if (pathname === '/private') res.setHeader('cache-control', 'private');
    else res.setHeader('cache-control', 'max-age=60, stale-while-revalidate=5');
    res.setHeader('etag', '"1"');
    res.setHeader('vary', 'accept-language');
    res.setHeader('set-cookie', pathname === '/cookie' ? ['a=1'] : []);
    res.end(`body of ${req.url} `.repeat(100));
  });
  await once(origin.listen(0, '127.0.0.1'), 'listening');
  const { port } = origin.address() as AddressInfo;
  const tokens = `admin: { listen: '127.0.0.1:0', tokens: [{ name: all, token: ${ALL} }, { name: reader, token: ${READER}, scopes: [read] }] }\n`;
  const routes =
    "routes:\n  - { name: product, match: 'GET /products/:id', ttl: 1m, tags: ['product-{id}'], compress: [gzip], key: { query: { include: [x] } } }\n  - { name: all, match: 'GET /*' }\n";
  const rest = `${tokens}redis: { url: ${redis.url}, connect-timeout: 200ms, command-timeout: 100ms }\n${routes}`;
  const sidecar = await startSidecar(`http://127.0.0.1:${port}`, rest);
  t.teardown(async () => {
    await sidecar.close();
    origin.closeAllConnections();
    origin.close();
    await redis.stop();
  });
  const seen = new Set<string>();
  /** Asks, and checks the answer against what the document says of this path, method and status. */
  const ask = async (
    method: 'GET' | 'POST',
    target: string,
    expected: number,
    {
      body,
      token = ALL,
      headers = {},
    }: { body?: unknown; token?: string; headers?: Record<string, string> } = {},
  ): Promise<Told> => {
    const answer = await call(sidecar, method, target, body, {
      authorization: `Bearer ${token}`,
      ...headers,
    });
    const [path = ''] = target.split('?');
    const operation = document.paths[path]?.[method.toLowerCase()];
    const what = `${method} ${target} ${expected}`;
    t.equal(answer.status, expected, `${what}: ${answer.text.slice(0, 300)}`);
    const type = String(answer.headers.get('content-type')).split(';')[0] ?? '';
    const problem = document.components.responses[`Problem${expected}`];
    const said = operation === undefined ? problem : responseOf(operation, answer.status);
    const content = said?.content[type];
    t.ok(content, `${what} is described as ${type}`);
    if (content !== undefined && type.endsWith('json'))
      t.equal(faults(content.schema, JSON.parse(answer.text)), '', what);
    t.ok(answer.headers.get('x-request-id'), what);
    seen.add(`${operation?.operationId ?? 'none'} ${answer.status}`);
    return answer;
  };
  await settledWith(sidecar);

  // Some of everything that figures, keys and explanations can speak of.
  const host = { headers: { host: 'shop.example' } };
  for (let i = 0; i < 3; i++) await sidecar.ask('/products/1?x=1&y=2', host);
  await sidecar.ask('/products/1?x=1', { headers: { ...host.headers, 'accept-language': 'de' } });
  await sidecar.ask('/products/2', { headers: { ...host.headers, 'accept-encoding': 'gzip' } });
  for (const path of ['/private', '/cookie', '/broken']) await sidecar.ask(path, host);
  await sidecar.ask('/products/3', { headers: { ...host.headers, cookie: 'session=1' } });

  t.test('what is served to whoever may', async () => {
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/'])
      await ask('GET', path, 200, { token: 'none' });
    const told = JSON.parse((await ask('GET', '/openapi.json', 200)).text);
    t.same(told, JSON.parse(JSON.stringify(document)));
    await ask('GET', '/stats', 200);
    await ask('GET', '/metrics', 200);
    await ask('GET', '/config', 200);
    const keys = JSON.parse((await ask('GET', '/keys?limit=5&prefix=/', 200)).text);
    t.ok(keys.hottest.length > 0 && keys.missed.length > 0 && keys.stored.length > 0, 'keys of each kind');
    await ask('GET', '/keys', 200);
    await ask('POST', '/purge', 200, { body: { tag: 'product-1', 'dry-run': true } });
    const named = { 'idempotency-key': 'deploy-1' };
    const order = { purges: [{ urls: ['/products/1?x=1'] }, { prefix: '/x', soft: true }], wait: '2s' };
    await ask('POST', '/purge', 200, { body: order, headers: named });
    const again = JSON.parse((await ask('POST', '/purge', 200, { body: order, headers: named })).text);
    t.equal(again.repeated, true);
    await ask('POST', '/purge', 422, { body: { all: true }, headers: named });
    for (const body of [
      { url: 'http://shop.example/a', glob: '/a/*', route: 'product', tags: ['a', 'b'] },
      { group: 'g', origin: 'http://shop.example', wait: true },
      { all: true, soft: true, wait: 5 },
    ])
      await ask('POST', '/purge', 200, { body });
    const history = JSON.parse((await ask('GET', '/purges?limit=20', 200)).text);
    t.ok(history.purges.length >= 4 && history.replicas.length === 1, 'a history');
    await sidecar.ask('/products/1?x=1', host);
    const warmed = { paths: ['/products/8', '/products/1?x=1', '/private', '/broken'], host: 'shop.example' };
    const report = JSON.parse((await ask('POST', '/warm', 200, { body: warmed })).text);
    t.match(report, { stored: 1, hit: 1, notStored: 1, failed: 1 });
    await ask('POST', '/reload', 200);
  });

  t.test('explanations', async () => {
    const explained: [string, Record<string, unknown>][] = [
      ['stored', { url: '/products/1?x=1&y=2' }],
      ['another variant', { url: '/products/1?x=1', headers: { 'accept-language': 'fr' } }],
      ['never seen', { url: '/products/77' }],
      ['not stored', { url: '/private' }],
      ['a cookie', { url: '/products/3', headers: { cookie: 'session=1' } }],
      ['an unkeyed field', { url: '/products/1?x=1', headers: { 'x-colour': 'red' } }],
      ['another method', { url: '/products/1', method: 'POST' }],
      ['refused', { url: '/%zz' }],
    ];
    for (const [id, order] of explained) {
      const body = { host: 'shop.example', ...order };
      t.equal(faults({ $ref: '#/components/schemas/ExplainOrder' }, body), '', id);
      await ask('POST', '/explain', 200, { body });
    }
  });

  t.test('events', async (t) => {
    const events = await readEvents(t, sidecar, 2);
    for (const event of events) t.equal(faults({ $ref: '#/components/schemas/LiveEvent' }, event), '');
    seen.add('live 200');
  });

  t.test('problems', async () => {
    await ask('GET', '/stats', 401, { token: 'x'.repeat(40) });
    await ask('POST', '/purge', 403, { token: READER, body: { all: true } });
    await ask('GET', '/healthz', 403, { headers: { origin: 'http://elsewhere.example' } });
    await ask('POST', '/purge', 400, { body: { prefx: '/a' } });
    await ask('GET', '/keys?limit=0', 400);
    await ask('GET', '/live?interval=1', 400);
    await ask('POST', '/purge', 413, { body: { tag: 'x'.repeat(70_000) } });
    await ask('POST', '/warm', 415, { body: {}, headers: { 'content-encoding': 'gzip' } });
    await ask('GET', '/stats', 431, {
      headers: Object.fromEntries(Array.from({ length: 110 }, (_, i) => [`x-${i}`, '1'])),
    });
    await sidecar.reload(`${rest}nonsense: 1\n`).catch(() => {});
    await ask('POST', '/reload', 422);
    await call(sidecar, 'POST', '/stats', {}, { authorization: `Bearer ${ALL}` }).then((answer) => {
      t.equal(faults(document.components.schemas['Problem'] ?? {}, JSON.parse(answer.text)), '');
      t.equal(answer.status, 405);
    });
    const short = { token: 'guess' };
    for (let i = 0; i < 10; i++)
      await call(sidecar, 'GET', '/stats', undefined, { authorization: 'Bearer guess' });
    await ask('GET', '/stats', 429, short);
  });

  t.test('while Redis is away', async () => {
    await redis.kill();
    await eventually(
      async () => JSON.parse((await call(sidecar, 'GET', '/readyz')).text).status === 'degraded',
    );
    await ask('GET', '/readyz', 200);
    await ask('POST', '/purge', 202, { body: { all: true }, headers: { 'idempotency-key': 'away' } });
    await ask('POST', '/purge', 202, { body: { all: true }, headers: { 'idempotency-key': 'away' } });
    await ask('GET', '/purges', 200);
    await ask('GET', '/stats', 200);
    await ask('POST', '/explain', 200, { body: { url: '/products/1?x=1', host: 'shop.example' } });
  });

  t.test('the document has what the server has', async (t) => {
    const nowhere = await ask('GET', '/nowhere', 404);
    const { paths } = JSON.parse(nowhere.text) as { readonly paths: readonly string[] };
    t.same([...new Set(paths)].sort(), Object.keys(document.paths).sort());
    for (const path of paths) {
      const answer = await call(sidecar, 'PATCH', path, undefined, { authorization: `Bearer ${ALL}` });
      const allowed = String(answer.headers.get('allow'))
        .split(', ')
        .filter((method) => method !== 'HEAD');
      const methods = Object.keys(document.paths[path] ?? {}).map((method) => method.toUpperCase());
      t.same(allowed.sort(), methods.sort(), path);
    }
    for (const { path, method, operation } of OPERATIONS) {
      const needsToken = operation.security.length > 0;
      const without = await call(sidecar, method, path, undefined, {
        authorization: `Bearer ${'y'.repeat(40)}`,
      });
      t.equal(
        [401, 429].includes(without.status),
        needsToken,
        `${path}: a token is ${needsToken ? '' : 'not '}asked for`,
      );
      t.ok(
        [...seen].some((one) => one.startsWith(`${operation.operationId} 2`)),
        `${path} was asked for`,
      );
      // What the document does not name, a query may not either.
      if (method === 'GET' && operation.parameters !== undefined) {
        const query = operation.parameters.map(({ name }) => name);
        const answer = await call(sidecar, method, `${path}?nonsense=1`, undefined, {
          authorization: `Bearer ${ALL}`,
        });
        t.match(JSON.parse(answer.text).detail, query.map((name) => `"${name}"`).join(', '), path);
      }
    }
  });
});

const ALL = 'a'.repeat(40);
const READER = 'r'.repeat(40);

interface Told {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

async function call(
  { adminPort }: Sidecar,
  method: string,
  target: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`http://127.0.0.1:${adminPort}${target}`, { method, headers, ...sent });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

async function settledWith(sidecar: Sidecar): Promise<void> {
  await eventually(
    async () => JSON.parse((await call(sidecar, 'GET', '/readyz')).text).status === 'ready',
    15_000,
  );
}

/** The first events of a stream. */
async function readEvents(t: Test, sidecar: Sidecar, count: number): Promise<unknown[]> {
  const socket = connect(sidecar.adminPort, '127.0.0.1');
  t.teardown(() => socket.destroy());
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (more: string) => {
    text += more;
  });
  socket.write(`GET /live?interval=250 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ALL}\r\n\r\n`);
  const found = () => [...text.matchAll(/^event: live\r?\ndata: (.*)$/gm)].map(([, data = '']) => data);
  await eventually(() => found().length >= count);
  return found().map((data) => JSON.parse(data));
}
