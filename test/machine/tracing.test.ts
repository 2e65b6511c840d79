import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { propagation, SpanKind, trace } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import t, { type Test } from 'tap';
import { hasSdk, loadOpenTelemetry } from '../../src/observe/open-telemetry.ts';
import { startCacheside } from '../fixtures/cacheside.ts';
import { eventually, startSidecar } from '../fixtures/sidecar.ts';
import { stillClock } from '../fixtures/still-clock.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const PARENT = `00-${TRACE}-${CALLER}-01`;

/** A service that says what it was asked with. */
async function startOrigin(t: Test) {
  const asked: IncomingMessage[] = [];
  const held: (() => void)[] = [];
  const server = createServer((req, res) => {
    asked.push(req);
    const { pathname } = new URL(req.url ?? '/', 'http://x');
    res.sendDate = false;
    if (pathname === '/broken') return res.destroy();
    if (pathname === '/missing') res.statusCode = 404;
    res.setHeader('etag', '"1"');
    res.setHeader('cache-control', `max-age=10${pathname === '/swr' ? ', stale-while-revalidate=60' : ''}`);
    if (req.headers['if-none-match'] !== undefined) res.statusCode = 304;
    const answer = () => res.end(res.statusCode === 304 ? undefined : `body of ${req.url}`);
    if (pathname === '/slow') held.push(answer);
    else answer();
  });
  server.on('upgrade', (req, socket) => {
    asked.push(req);
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    held,
    /** The field of the last request, line by line. */
    last(name: string): string[] {
      const { rawHeaders = [] } = asked.at(-1) ?? {};
      return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
    },
  };
}

t.test('without tracing the fields of a trace are passed on as they came', async (t) => {
  const origin = await startOrigin(t);
  for (const fast of [true, false]) {
    const sidecar = await startSidecar(
      origin.url,
      `fast-door: ${fast}\nroutes:\n  - { name: all, match: 'GET|POST /*', ttl: 1m }\n`,
    );
    const rows: { id: string; traceparent: string[]; tracestate?: string[] }[] = [
      {
        id: 'as it should be',
        traceparent: [PARENT],
        tracestate: ['congo=t61rcWkgMzE,rojo=00f067aa0ba902b7'],
      },
      { id: 'not sampled', traceparent: [`00-${TRACE}-${CALLER}-00`] },
      { id: 'a later version', traceparent: [`cc-${TRACE}-${CALLER}-01-what-the-future-will-be-like`] },
      { id: 'upper case', traceparent: [PARENT.toUpperCase()] },
      { id: 'zeros', traceparent: [`00-${'0'.repeat(32)}-${CALLER}-01`] },
      { id: 'nonsense', traceparent: ['nonsense "\t;'], tracestate: ['=,,='] },
      { id: 'empty', traceparent: [''], tracestate: [''] },
      { id: 'two', traceparent: [PARENT, PARENT], tracestate: ['a=1', 'b=2'] },
    ];
    for (const [i, { id, traceparent, tracestate = [] }] of rows.entries()) {
      for (const method of ['GET', 'POST']) {
        const headers = { traceparent, tracestate };
        const { status } = await sidecar.ask(`/${fast}/${method}/${i}`, { method, headers });
        t.equal(status, 200);
        // Lines of one field may be joined (RFC 9110 §5.3), and are where a request is looked up.
        const sent = (lines: string[]) => (method === 'GET' && lines.length > 1 ? [lines.join(', ')] : lines);
        t.same(origin.last('traceparent'), sent(traceparent), `${id}, ${method}, fast door ${fast}`);
        t.same(origin.last('tracestate'), sent(tracestate), `${id}, ${method}, fast door ${fast}`);
      }
    }
    const other = { headers: { traceparent: `00-${TRACE.replace('4', '5')}-${CALLER}-01` } };
    t.match((await sidecar.ask(`/${fast}/GET/0`, other)).cacheStatus, /hit/, 'no part of the key');
    await sidecar.close();
  }
});

t.test('the package may be missing, and nobody may have registered an SDK', async (t) => {
  t.throws(() => loadOpenTelemetry(['file:///nowhere/at-all.js']), {
    name: 'OperatorError',
    message: /@opentelemetry\/api/,
  });
  t.equal(hasSdk(loadOpenTelemetry()), false);
  const origin = await startOrigin(t);
  const sidecar = await startSidecar(origin.url, 'tracing: true\n');
  t.match(sidecar.log, [{ msg: /no OpenTelemetry SDK is registered/ }]);
  await sidecar.ask('/', { headers: { traceparent: PARENT } });
  t.same(origin.last('traceparent'), [PARENT], 'without a propagator as they came');
  await sidecar.close();
});

t.test('spans', async (t) => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  trace.setGlobalTracerProvider(provider);
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  const origin = await startOrigin(t);
  const clock = stillClock();
  const sidecar = await startSidecar(
    origin.url,
    "tracing: true\nroutes:\n  - { name: any, match: 'GET /*' }\n",
    clock,
  );
  t.teardown(async () => {
    await sidecar.close();
    trace.disable();
    propagation.disable();
  });
  t.same(sidecar.log, []);

  /** What was traced by some requests, once that many spans have ended: server spans, then client spans, each as they ended. */
  const traced = async (spans: number, act: () => Promise<unknown>): Promise<Spans> => {
    exporter.reset();
    const before = origin.asked.length;
    await act();
    await eventually(() => exporter.getFinishedSpans().length >= spans);
    const all = exporter.getFinishedSpans();
    t.equal(all.length, spans, all.map(({ name, kind }) => `${kind} ${name}`).join(', '));
    return {
      servers: all.filter(({ kind }) => kind === SpanKind.SERVER),
      clients: all.filter(({ kind }) => kind === SpanKind.CLIENT),
      asked: origin.asked.slice(before).map(({ headers }) => headers),
    };
  };
  const get = (path: string, headers: Record<string, string> = {}) => sidecar.ask(path, { headers });
  const traceparent = (span: ReadableSpan | undefined, flags = '01') =>
    `00-${span?.spanContext().traceId}-${span?.spanContext().spanId}-${flags}`;

  t.test('a miss', async (t) => {
    const headers = { traceparent: PARENT, tracestate: 'rojo=1', baggage: 'a=1', 'user-agent': 'tap' };
    const { servers, clients, asked } = await traced(2, () => get('/a?token=geheim&x=1', headers));
    const [server] = servers;
    const [client] = clients;
    t.equal(server?.name, 'GET /*');
    t.equal(server?.spanContext().traceId, TRACE);
    t.equal(server?.parentSpanContext?.spanId, CALLER);
    t.equal(client?.parentSpanContext?.spanId, server?.spanContext().spanId);
    t.match(server?.attributes, {
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'url.path': '/a',
      'url.query': 'token=[redacted]&x=1',
      'http.route': '/*',
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'server.port': sidecar.port,
      'client.address': '127.0.0.1',
      'user_agent.original': 'tap',
      'cacheside.route': 'any',
      'cacheside.outcome': 'miss',
      'cacheside.cache_status': 'cacheside; fwd=uri-miss; fwd-status=200; stored; ttl=10',
      'cacheside.served_from': 'upstream',
      'cacheside.trace': ['memory-miss', 'lead', 'forward', 'stored'],
    });
    t.equal(client?.name, 'GET');
    t.match(client?.attributes, {
      'http.request.method': 'GET',
      'url.full': `${origin.url}/a?token=[redacted]&x=1`,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(origin.url).port),
      'http.response.status_code': 200,
    });
    t.same(
      asked.map((sent) => sent['traceparent']),
      [traceparent(client)],
    );
    t.match(asked[0], { tracestate: 'rojo=1', baggage: 'a=1' });
    t.same(origin.last('traceparent').length, 1);
  });

  t.test('a hit', async (t) => {
    const { servers, asked } = await traced(1, () => get('/a?token=geheim&x=1'));
    t.match(servers[0]?.attributes, {
      'cacheside.outcome': 'hit',
      'cacheside.detail': 'memory',
      'http.response.status_code': 200,
    });
    t.equal(servers[0]?.parentSpanContext, undefined, 'a trace of its own');
    t.same(asked, []);
  });

  t.test('a revalidation', async (t) => {
    clock.advance(11_000);
    const { servers, clients } = await traced(2, () => get('/a?token=geheim&x=1'));
    t.match(servers[0]?.attributes, { 'cacheside.outcome': 'revalidated', 'http.response.status_code': 200 });
    t.match(clients[0]?.attributes, { 'http.response.status_code': 304 });
    t.equal(clients[0]?.parentSpanContext?.spanId, servers[0]?.spanContext().spanId);
  });

  t.test('a renewal in the background is a trace of its own, linked with what set it off', async (t) => {
    await get('/swr');
    clock.advance(11_000);
    const { servers, clients, asked } = await traced(2, () => get('/swr', { traceparent: PARENT }));
    const [server] = servers;
    const [client] = clients;
    t.match(server?.attributes, { 'cacheside.outcome': 'stale', 'cacheside.detail': 'while-revalidating' });
    t.equal(server?.spanContext().traceId, TRACE);
    t.not(client?.spanContext().traceId, TRACE);
    t.equal(client?.parentSpanContext, undefined);
    t.match(client?.links, [{ context: { traceId: TRACE, spanId: server?.spanContext().spanId } }]);
    t.same(
      asked.map((sent) => sent['traceparent']),
      [traceparent(client)],
    );
  });

  t.test('a follower is linked with its leader', async (t) => {
    const { servers, clients } = await traced(3, async () => {
      const leader = get('/slow');
      await eventually(() => origin.held.length === 1);
      const follower = get('/slow');
      // It is there once it has been read and found nothing: what memory does not answer is counted.
      await eventually(async () =>
        /cacheside_requests_in_flight 2/.test((await sidecar.admin('/metrics')).text),
      );
      origin.held.shift()?.();
      await Promise.all([leader, follower]);
    });
    const by = (word: string) => servers.find(({ attributes }) => attributes['cacheside.outcome'] === word);
    const leader = by('miss');
    t.equal(clients.length, 1);
    t.equal(clients[0]?.parentSpanContext?.spanId, leader?.spanContext().spanId);
    t.match(by('collapsed')?.links, [{ context: { spanId: leader?.spanContext().spanId } }]);
  });

  t.test('what fails', async (t) => {
    const { servers, clients } = await traced(2, () => get('/broken'));
    t.match(servers[0], {
      status: { code: 2 },
      attributes: { 'error.type': '502', 'cacheside.outcome': 'error', 'cacheside.detail': 'upstream-error' },
    });
    t.match(clients[0], { status: { code: 2 }, attributes: { 'error.type': 'reset' } });
    const missing = await traced(2, () => get('/missing'));
    t.equal(missing.servers[0]?.status.code, 0, 'a client may ask for what there is not');
    t.match(missing.clients[0], { status: { code: 2 }, attributes: { 'error.type': '404' } });
  });

  t.test('other methods, and what no route matches', async (t) => {
    const post = await traced(2, () => sidecar.ask('/a', { method: 'POST', body: 'x' }));
    t.equal(post.servers[0]?.name, 'POST', 'there is no route');
    t.equal(post.asked[0]?.['traceparent'], traceparent(post.clients[0]));
    const odd = await traced(2, () => sidecar.ask('/a', { method: 'REPORT' }));
    t.match(odd.servers[0], {
      name: 'HTTP',
      attributes: { 'http.request.method': '_OTHER', 'http.request.method_original': 'REPORT' },
    });
    const refused = await traced(1, () => sidecar.ask('/%zz'));
    t.match(refused.servers[0]?.attributes, {
      'cacheside.outcome': 'refused',
      'http.response.status_code': 400,
    });
  });

  t.test('a caller that does not sample, and one that says nothing sensible', async (t) => {
    const { asked } = await traced(0, () => get('/unsampled', { traceparent: `00-${TRACE}-${CALLER}-00` }));
    t.match(asked[0]?.['traceparent'], new RegExp(`^00-${TRACE}-(?!${CALLER})[0-9a-f]{16}-00$`));
    const odd = await traced(2, () => get('/odd', { traceparent: `00-${TRACE}-nonsense-01` }));
    t.not(odd.servers[0]?.spanContext().traceId, TRACE);
    t.equal(odd.asked[0]?.['traceparent'], traceparent(odd.clients[0]), 'and is not passed on');
  });

  t.test('warm-ups and tunnels', async (t) => {
    const warmed = await traced(1, () => sidecar.admin('/warm', { paths: ['/warm'] }));
    t.equal(warmed.clients[0]?.parentSpanContext, undefined);
    t.equal(warmed.asked[0]?.['traceparent'], traceparent(warmed.clients[0]));
    const tunnel = await traced(2, async () => {
      const wire = sidecar.connect();
      wire.send(
        `GET /tunnel HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\nTraceparent: ${PARENT}\r\n\r\n`,
      );
      await wire.until(/101/);
      await wire.closed;
    });
    t.match(tunnel.servers[0]?.attributes, {
      'http.response.status_code': 101,
      'cacheside.detail': 'upgrade',
    });
    t.equal(tunnel.clients[0]?.parentSpanContext?.spanId, tunnel.servers[0]?.spanContext().spanId);
    t.same(
      tunnel.asked.map((sent) => sent['traceparent']),
      [traceparent(tunnel.clients[0])],
    );
  });
});

/** Stands in for the exporter of the example, which is not installed here: what it is given goes into a file. */
const EXPORTER = `
import { appendFileSync } from 'node:fs';
export class OTLPTraceExporter {
  export(spans, done) {
    const lines = spans.map((span) => {
      const { kind, name, resource, parentSpanContext } = span;
      return JSON.stringify({ kind, name, resource: resource.attributes, parent: parentSpanContext?.spanId, ...span.spanContext() });
    });
    appendFileSync(process.env.SPANS_FILE, lines.join('\\n') + '\\n');
    done({ code: 0 });
  }
  async forceFlush() {}
  async shutdown() {}
}`;

t.test(
  'config/opentelemetry/otel.mjs traces each process, and what it holds is sent at the end',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'cacheside-otel-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const packages = join(folder, 'node_modules/@opentelemetry');
    const exporter = join(packages, 'exporter-trace-otlp-http');
    mkdirSync(exporter, { recursive: true });
    for (const name of ['api', 'core', 'resources', 'sdk-trace-base'])
      symlinkSync(join(ROOT, 'node_modules/@opentelemetry', name), join(packages, name));
    writeFileSync(join(exporter, 'package.json'), '{"type":"module","exports":"./index.js"}');
    writeFileSync(join(exporter, 'index.js'), EXPORTER);
    copyFileSync(join(ROOT, 'config/opentelemetry/otel.mjs'), join(folder, 'otel.mjs'));
    const origin = await startOrigin(t);
    const file = join(folder, 'cacheside.yaml');
    writeFileSync(
      file,
      `upstream: ${origin.url}\ntracing: true\nworkers: 2\nroutes: [{ match: 'GET /*', name: any }]\n`,
    );
    const spansFile = join(folder, 'spans');
    writeFileSync(spansFile, '');
    const env = {
      NODE_OPTIONS: `--import ${join(folder, 'otel.mjs')}`,
      OTEL_TRACES_SAMPLER_ARG: '1',
      OTEL_SERVICE_NAME: 'shop-cache',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
      SPANS_FILE: spansFile,
    };
    const cacheside = await startCacheside(['-c', file], { env });
    t.teardown(() => cacheside.stop());
    for (let i = 0; i < 4; i++) await cacheside.get(`/${i}`);
    t.equal(await cacheside.stop(), 0);
    const spans = readFileSync(spansFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
    t.same(spans.map(({ name }) => name).sort(), [...Array(4).fill('GET'), ...Array(4).fill('GET /*')]);
    for (const { kind, parent, traceId, resource } of spans) {
      t.match(resource, { 'service.name': 'shop-cache', 'deployment.environment': 'test' });
      t.not(resource['process.pid'], cacheside.child.pid, 'of a worker');
      if (kind === SpanKind.CLIENT)
        t.ok(
          spans.some((one) => one.spanId === parent && one.traceId === traceId),
          'its parent is there',
        );
    }
  },
);

interface Spans {
  readonly servers: readonly ReadableSpan[];
  readonly clients: readonly ReadableSpan[];
  readonly asked: readonly IncomingMessage['headers'][];
}
