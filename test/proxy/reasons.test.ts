import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type OriginHandler, startOrigin } from '../fixtures/origin.ts';
import { startRedis } from '../fixtures/redis-server.ts';
import { TIERS, tiersOf } from './tiers.ts';

/** Cacheside with an access log, whose traces it tells. */
async function startLogging(t: Test, document: string, handler: OriginHandler) {
  const origin = await startOrigin(handler);
  t.teardown(() => origin.close());
  const text = `listen: 127.0.0.1:0\nadmin: { listen: '127.0.0.1:0' }\nupstream: ${origin.url}\n${document}`;
  const load = () => loadConfig({ file: 'a.yaml', flags: {}, env: {}, readFile: () => text });
  const traces = new Map<string, string[]>();
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const { id, trace } = JSON.parse(chunk.toString());
      if (trace !== undefined) traces.set(id, [...(traces.get(id) ?? []), trace]);
      done();
    },
  });
  const app = createApp(load(), {
    log: pino({ level: 'info' }, output),
    logOutput: output,
    loadConfig: load,
  });
  t.teardown(() => app.close({ force: true }));
  const { proxy } = await app.listen();
  /** One request, and the trace of it. */
  async function ask(path: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`http://127.0.0.1:${proxy.port}${path}`, { headers });
    const body = await answer.text();
    const id = answer.headers.get('x-request-id') ?? '';
    await eventually(() => traces.has(id));
    const cacheStatus = answer.headers.get('cache-status') ?? '';
    return { body, cacheStatus, trace: traces.get(id)?.[0] ?? '' };
  }
  return { origin, ask };
}

const answering =
  (...fields: string[]) =>
  (res: ServerResponse, count: number) => {
    for (const field of fields)
      res.appendHeader(field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 2));
    res.end(`answer ${count}`);
  };

const ROWS: readonly {
  id: string;
  rfc?: string;
  rule: string;
  given: string[];
  request?: Record<string, string>;
  expect: { trace: RegExp; again: RegExp };
}[] = [
  {
    id: 'a targeted field',
    rfc: '9213 §2.2',
    rule: 'targeted-fields: [cdn-cache-control]',
    given: ['CDN-Cache-Control: max-age=60', 'Cache-Control: no-store'],
    expect: { trace: /forward targeted-field stored$/, again: /hit; ttl=(60|59)/ },
  },
  {
    id: 'a targeted field that forbids',
    rfc: '9213 §2.2',
    rule: 'targeted-fields: [cdn-cache-control]',
    given: ['CDN-Cache-Control: no-store', 'Cache-Control: max-age=60'],
    expect: { trace: /forward targeted-field not-stored$/, again: /fwd=uri-miss.*detail=response-no-store/ },
  },
  {
    id: 'a guess',
    rfc: '9111 §4.2.2',
    rule: 'heuristic: 10%',
    given: ['Last-Modified: Mon, 01 Jan 2001 00:00:00 GMT'],
    expect: { trace: /forward heuristic stored$/, again: /hit; ttl=(86400|86399)/ },
  },
  {
    id: 'must-understand',
    rfc: '9111 §5.2.2.3',
    rule: 'heuristic: off',
    given: ['Cache-Control: max-age=60, no-store, must-understand'],
    expect: { trace: /forward must-understand stored$/, again: /hit; ttl=(60|59)/ },
  },
  {
    id: 'what the rule bounds',
    rule: 'max-ttl: 30s',
    given: ['Cache-Control: max-age=60'],
    expect: { trace: /forward rule-max-ttl stored$/, again: /hit; ttl=(30|29)/ },
  },
  {
    id: 'what the rule gives',
    rule: 'origin: ignore, ttl: 60s, stale-if-error: 1m',
    given: ['Cache-Control: max-age=5'],
    expect: {
      trace: /forward origin-ignored rule-ttl rule-stale-window stored$/,
      again: /hit; ttl=(60|59)/,
    },
  },
  {
    id: 'a loud switch',
    rule: 'unsafe: { store-private: true }',
    given: ['Cache-Control: private, max-age=60'],
    expect: { trace: /forward unsafe-switch stored$/, again: /hit; ttl=(60|59)/ },
  },
  {
    id: 'a client that is not heard',
    rfc: '9111 §5.2.1',
    rule: 'request-cache-control: ignore',
    given: ['Cache-Control: max-age=60'],
    request: { 'cache-control': 'no-cache' },
    expect: { trace: /^request-ignored .*forward stored$/, again: /hit; ttl=(60|59)/ },
  },
];

t.test('the trace has the reasons, in every tier', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  for (const tiers of TIERS) {
    for (const { id, rule, given, request, expect } of ROWS) {
      await t.test(`${id}, ${tiers}`, async (t) => {
        const document = `${tiersOf(tiers, redis)}routes: [{ match: "/*", ${rule} }]\n`;
        const { ask } = await startLogging(t, document, (_req, res, count) =>
          answering(...given)(res, count),
        );
        t.match((await ask('/a', request)).trace, expect.trace);
        let again = await ask('/a', request);
        // Redis alone has it once the write is through.
        for (let i = 0; tiers === 'Redis' && i < 100 && !expect.again.test(again.cacheStatus); i++) {
          again = await ask('/a', request);
        }
        t.match(again.cacheStatus, expect.again);
      });
    }
  }
});

t.test('a 304 brings its reasons, too (RFC 9213 §2.2)', async (t) => {
  const rule = 'targeted-fields: [cdn-cache-control]';
  const { ask } = await startLogging(t, `routes: [{ match: "/*", ${rule} }]\n`, (req, res, count) => {
    res.setHeader('etag', '"1"');
    res.setHeader('cdn-cache-control', count === 1 ? 'max-age=0' : 'max-age=60');
    if (req.headers['if-none-match'] === '"1"') res.writeHead(304).end();
    else res.end('body');
  });
  t.match((await ask('/a')).trace, /forward targeted-field stored$/);
  t.match(await ask('/a'), { body: 'body', trace: /validate targeted-field freshened served-stored$/ });
  t.match(await ask('/a'), { body: 'body', cacheStatus: /hit; ttl=(?:59|60)/ });
});

t.test('what goes on beside the answer', async (t) => {
  const route = 'routes: [{ match: "/*", eager-refresh: 0.1% }]\n';
  const { origin, ask } = await startLogging(t, route, (req, res, count) => {
    const isPrivate = req.url === '/private';
    answering(`Cache-Control: max-age=10${isPrivate ? ', private' : ''}`)(res, count);
  });
  t.notMatch((await ask('/private')).trace, /uncacheable-memory/);
  t.match((await ask('/private')).trace, /redis-miss|memory-miss uncacheable-memory forward not-stored$/);
  await ask('/a');
  await new Promise((resolve) => setTimeout(resolve, 40));
  t.match((await ask('/a')).trace, /^memory-hit fresh eager-refresh served-stored$/);
  await origin.received(4);
});

t.test('an answer in a coding that was made here says so', async (t) => {
  const { ask } = await startLogging(t, 'routes: [{match: /*, ttl: 1m, compress: [gzip]}]', (_req, res) => {
    res.setHeader('content-type', 'text/plain');
    res.end('a long text '.repeat(200));
  });
  t.match((await ask('/a')).trace, /forward rule-ttl stored$/);
  await eventually(async () => (await ask('/a')).trace === 'memory-hit fresh coded served-stored');
});
