import type { ServerResponse } from 'node:http';
import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { pause } from './start.ts';

/** Every way an upstream exchange can break, at every stage; nobody may be left waiting for it. */
t.test('a second request is never stuck', async (t) => {
  type Break = (res: ServerResponse) => void;
  const stages: Record<string, Break> = {
    'reset before the head': (res) => res.socket?.resetAndDestroy(),
    'closed before the head': (res) => void res.socket?.end(),
    'half a head': (res) => void res.socket?.end('HTTP/1.1 200 OK\r\nContent-Le'),
    garbage: (res) => void res.socket?.end('garbage\r\n\r\n'),
    'a status below 100': (res) => void res.socket?.end('HTTP/1.1 099 No\r\nContent-Length: 0\r\n\r\n'),
    'an unasked 101': (res) =>
      void res.socket?.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    'both framings': (res) =>
      void res.socket?.end(
        'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ),
    'two lengths': (res) =>
      void res.socket?.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc'),
    'a NUL in a field': (res) =>
      void res.socket?.end('HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n'),
    'a control character in a field': (res) =>
      void res.socket?.end('HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 0\r\n\r\n'),
    'a bare CR in a field': (res) =>
      void res.socket?.end('HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: x\r\nContent-Length: 0\r\n\r\n'),
    'a head of 70 KiB': (res) => void res.socket?.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`),
    'reset in the body': (res) => {
      res.setHeader('content-length', 10);
      res.write('abc', () => res.socket?.resetAndDestroy());
    },
    'too short a body': (res) => void res.socket?.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
    'chunks without an end': (res) =>
      void res.socket?.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
    'a broken chunk': (res) =>
      void res.socket?.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n'),
    silence: () => {},
    'silence in the body': (res) => void res.write('abc'),
    'endless early hints': (res) => {
      const timer = setInterval(() => res.writeEarlyHints({ link: '</a>; rel=preload' }), 10);
      res.on('close', () => clearInterval(timer));
    },
    'an endless drip': (res) => {
      const timer = setInterval(() => res.write('x'), 10);
      res.on('close', () => clearInterval(timer));
    },
  };
  const broken = new Map(Object.keys(stages).map((name, i) => [`/${i}`, name]));
  const document = (upstream: string) =>
    `upstream: { url: '${upstream}', head-timeout: 500ms, idle-timeout: 2s, timeout: 800ms, breaker: off }
routes: [{ match: "/*", ttl: 1s, collapse-timeout: 8s, stale-while-revalidate: 1ms }]
`;
  const healthy = new Set<string>();
  const origin = await startOrigin((req, res) => {
    const { url = '' } = req;
    if (healthy.has(url)) res.setHeader('etag', '"e"').end('healthy');
    else stages[broken.get(url) ?? '']?.(res);
  });
  t.teardown(() => origin.close());
  const sidecar = await startSidecar(origin.url, document(origin.url));
  t.teardown(() => sidecar.close());
  const ask = (path: string, method = 'GET') =>
    sidecar
      .ask(path, { method, headers: { host: 'a.test' }, signal: AbortSignal.timeout(9_000) })
      .then(({ status, text }) => `${status} ${text}`)
      .catch((error: Error) => (error.name === 'AbortError' ? 'stuck' : 'cut'));

  const run = async (path: string) => {
    const failures = await Promise.all([ask(path), ask(path)]);
    failures.push(await ask(path, 'HEAD'));
    const leaving = sidecar.connect();
    leaving.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    await pause(20);
    leaving.socket.destroy();
    healthy.add(path);
    const recoveries = [await ask(path)];
    await pause(1_100);
    healthy.delete(path);
    failures.push(await ask(path));
    healthy.add(path);
    recoveries.push(await ask(path));
    return { name: broken.get(path), failures, recoveries };
  };
  for (const { name, failures, recoveries } of await Promise.all([...broken.keys()].map(run))) {
    t.same(recoveries, ['200 healthy', '200 healthy'], `${name}`);
    // The head of an answer without a body may be whole although a body behind it could not be.
    for (const failure of failures) t.match(failure, /^(?:cut|50[24] |200 $)/, `${name}: ${failures}`);
  }
  const kinds = sidecar.log.map(({ upstream }) => (upstream as { failure?: string } | undefined)?.failure);
  t.notOk(kinds.includes(undefined), 'none of it is a mistake of ours');
  t.equal(new Set(kinds).size, kinds.length, 'each kind of failure is told once, not each failure');
  t.ok(kinds.includes('reset'));
});
