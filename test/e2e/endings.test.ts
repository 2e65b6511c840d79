import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { hangUp } from '../../scripts/demo/request.ts';
import { startCacheside, until } from '../fixtures/cacheside.ts';
import { startOrigin } from '../fixtures/origin.ts';

t.teardown(hangUp);

t.test('the access log tells who broke an answer off', async (t) => {
  const origin = await startOrigin((req, res) => {
    if (req.url === '/whole') return void res.end('whole');
    if (req.url === '/gone') return;
    res.writeHead(200, { 'content-length': 100 }).write('only this');
    setImmediate(() => res.destroy());
  });
  t.teardown(() => origin.close());
  const cacheside = await startCacheside(['--upstream', origin.url]);
  t.teardown(() => cacheside.stop());

  const ask = (path: string) => {
    const socket = connect(Number(new URL(cacheside.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    return socket;
  };
  const cut = ask('/cut');
  await once(cut, 'close');
  const gone = ask('/gone');
  await origin.received(2);
  gone.resetAndDestroy();
  const whole = ask('/whole');
  await once(whole, 'data');
  whole.destroy();

  const line = (path: string) => cacheside.child.lines.find((text) => text.includes(`"path":"${path}"`));
  await until(async () => ['/cut', '/gone', '/whole'].every((path) => line(path) !== undefined));
  const [ofCut, ofGone, ofWhole] = ['/cut', '/gone', '/whole'].map((path) => JSON.parse(line(path) ?? ''));
  t.match(ofCut, { aborted: true, trace: / upstream-error cut$/, detail: 'truncated' });
  t.match(ofGone, { aborted: true, trace: / client-gone$/ });
  t.notMatch(ofGone.trace, /cut/);
  t.match(ofWhole, { aborted: false });
  t.notMatch(ofWhole.trace, /cut|client-gone/);
});
