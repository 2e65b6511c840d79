import t from 'tap';
import { startRawUpstream } from '../fixtures/raw-upstream.ts';
import { startSidecar } from '../fixtures/sidecar.ts';

/** A body that ends with its connection, as HTTP/1.0 knows it (RFC 9112 §6.3). */
for (const [settings, stored] of [
  ['', false],
  ['unsafe: {store-unproven-length: true}', true],
] as const) {
  t.test(`an unproven length is ${stored ? 'stored by its switch' : 'not stored'}`, async (t) => {
    const upstream = await startRawUpstream((socket, _head, count) => {
      socket.end(`HTTP/1.0 200 OK\r\nCache-Control: max-age=60\r\n\r\nanswer ${count}`);
    });
    t.teardown(() => upstream.close());
    const sidecar = await startSidecar(upstream.url, `routes: [{match: '*', ${settings}}]\n`);
    t.teardown(() => sidecar.close());
    const first = await sidecar.ask('/a');
    t.equal(first.text, 'answer 1');
    if (stored) t.match(first.cacheStatus, /fwd=uri-miss; fwd-status=200; stored; ttl=60$/);
    else t.match(first.cacheStatus, /fwd=uri-miss; fwd-status=200; detail=unprovable-length$/);
    t.match(
      await sidecar.ask('/a'),
      stored ? { text: 'answer 1', cacheStatus: /hit/ } : { text: 'answer 2' },
    );
  });
}
