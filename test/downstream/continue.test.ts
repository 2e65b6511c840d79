import t from 'tap';
import { pause, start } from '../proxy/start.ts';

/** A 100 stands in front of the answer that it belongs to, or nowhere (RFC 9110 §15.2, RFC 9112 §9.3.2). */
const HOST = 'Host: a.test\r\n';
const EXPECT = 'Expect: 100-continue\r\n';
const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\n${HOST}${fields}\r\n`;
const heads = (text: string) => text.match(/HTTP\/1\.1 \d+|<[^>]*>/g);

for (const fast of [true, false]) {
  t.test(`100 Continue behind an answer under way, ${fast ? 'fast door' : 'node:http'}`, async (t) => {
    const held = new Map<string, () => void>();
    const { origin, sidecar } = await start(t, `fast-door: ${fast}\n`, (req, res) => {
      let body = '';
      req.on('data', (bytes) => {
        body += bytes;
      });
      req.on('end', () => {
        const { url = '' } = req;
        const answer = () => {
          res.write(`<${url} ${body}>`);
          res.end();
        };
        if (url === '/a') held.set(url, answer);
        else answer();
      });
    });
    const behind = async (given: string, later = '') => {
      const before = origin.requests.length;
      const wire = sidecar.connect();
      wire.send(get('/a') + given);
      await origin.received(before + 1);
      await pause(30);
      held.get('/a')?.();
      if (later !== '') {
        await wire.until(/100 Continue\r\n\r\n$/);
        wire.send(later);
      }
      return heads(await wire.until(new RegExp(`<${given.split(' ')[1]} [^>]*>`)));
    };
    const expected = ['HTTP/1.1 200', '</a >', 'HTTP/1.1 100', 'HTTP/1.1 200'];
    t.same(await behind(get('/b', EXPECT)), [...expected, '</b >'], 'no body');
    const put = `PUT /b HTTP/1.1\r\n${HOST}${EXPECT}Content-Length: 3\r\n\r\n`;
    t.same(await behind(put, 'abc'), [...expected, '</b abc>'], 'what waits for its turn');
    const upload = put.replace('PUT', 'GET');
    t.same(await behind(upload, 'abc'), [...expected, '</b abc>'], 'what is under way beside it');
  });
}
