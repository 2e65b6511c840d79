import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { linesOf } from '../../src/traffic/lines.ts';
import { describeReading, requestsFound } from '../../src/traffic/reading.ts';
import { openSource } from '../../src/traffic/source.ts';
import { openTargets } from '../../src/traffic/targets.ts';
import { readTraffic } from '../../src/traffic/traffic.ts';
import type { TrafficRequest } from '../../src/traffic/traffic-request.ts';

const folder = t.testdir();
let files = 0;

function file(content: string | Buffer, name = `file-${files++}`): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(content: string | Buffer) {
  const traffic = readTraffic([file(content)]);
  const requests: TrafficRequest[] = [];
  for await (const some of traffic) requests.push(...some);
  return { requests, reading: traffic.reading };
}

const AT = Date.UTC(2026, 9, 10, 11, 55, 36);
const CLF = '10/Oct/2026:13:55:36 +0200';

const LINES: readonly { id: string; line: string; expect: Partial<TrafficRequest> | string }[] = [
  {
    id: 'common',
    line: `127.0.0.1 - - [${CLF}] "GET /a?x=1 HTTP/1.1" 200 2326`,
    expect: { method: 'GET', target: '/a?x=1', status: 200, bytes: 2326, time: AT, hasUser: false },
  },
  {
    id: 'combined, IPv6, nothing sent, a user with a blank',
    line: `::1 - ada lovelace [${CLF}] "HEAD /b HTTP/1.1" 304 - "-" "Mozilla \\"x\\" [1/Jan/2020:00:00:00 +0000] "`,
    expect: { method: 'HEAD', target: '/b', status: 304, bytes: 0, time: AT, hasUser: true },
  },
  {
    id: 'escapes',
    line: `1.2.3.4 - - [${CLF}] "GET /q?a=\\x22b\\" HTTP/1.0" 404 12 "-" "-"`,
    expect: { target: '/q?a="b"', status: 404, bytes: 12 },
  },
  {
    id: 'a virtual host in front, figures behind',
    line: `Shop.example:443 1.2.3.4 - - [${CLF}] "POST /c HTTP/2.0" 201 12 "-" "-" 0.003`,
    expect: { method: 'POST', target: '/c', authority: 'shop.example', status: 201 },
  },
  {
    id: 'of varnishncsa',
    line: `1.2.3.4 - - [${CLF}] "GET http://www.example.org:8080/d?q HTTP/1.1" 200 12 "-" "-"`,
    expect: { target: '/d?q', authority: 'www.example.org:8080' },
  },
  {
    id: 'a client that spoke TLS',
    line: `1.2.3.4 - - [${CLF}] "\\x16\\x03" 400 0 "-" "-"`,
    expect: 'no request',
  },
  { id: 'a client that said nothing', line: `1.2.3.4 - - [${CLF}] "-" 408 0 "-" "-"`, expect: 'no request' },
  { id: 'CONNECT', line: `1.2.3.4 - - [${CLF}] "CONNECT a:443 HTTP/1.1" 405 0 "-" "-"`, expect: 'no path' },
  { id: 'a line cut short', line: `1.2.3.4 - - [${CLF}] "GET /a HTT`, expect: 'not closed' },
  {
    id: 'nginx, JSON',
    line: '{"time_iso8601":"2026-10-10T13:55:36+02:00","request_method":"GET","uri":"/x","args":"a=1","host":"A.example","status":"200","body_bytes_sent":"17","request_time":"0.012","remote_user":"-"}',
    expect: {
      target: '/x?a=1',
      authority: 'a.example',
      status: 200,
      bytes: 17,
      duration: 12,
      time: AT,
      hasUser: false,
    },
  },
  {
    id: 'nginx, JSON with the request line and msec',
    line: '{"msec":1791633336.5,"request":"PUT /x/1 HTTP/1.1","status":204,"bytes_sent":0,"remote_user":"ada"}',
    expect: { method: 'PUT', target: '/x/1', status: 204, time: 1_791_633_336_500, hasUser: true },
  },
  {
    id: 'Envoy',
    line: '{"start_time":"2026-10-10T11:55:36.000Z","method":"GET","path":"/e","authority":"e.example","response_code":200,"bytes_sent":5,"duration":7}',
    expect: { target: '/e', authority: 'e.example', status: 200, bytes: 5, duration: 7, time: AT },
  },
  {
    id: 'Caddy, fields of both sides',
    line: '{"level":"info","ts":1791633336.25,"logger":"http.log.access","msg":"handled request","request":{"method":"GET","host":"localhost","uri":"/caddy","headers":{"Connection":["close"],"Accept-Language":["de"]}},"duration":0.5,"size":10900,"status":200,"resp_headers":{"Cache-Control":["max-age=60","public"]}}',
    expect: {
      target: '/caddy',
      authority: 'localhost',
      time: 1_791_633_336_250,
      duration: 500,
      bytes: 10_900,
      fields: ['Accept-Language', 'de'],
      responseFields: ['Cache-Control', 'max-age=60', 'Cache-Control', 'public'],
    },
  },
  {
    id: 'Cacheside',
    line: '{"level":"info","time":1791633336000,"pid":1,"id":"x","method":"GET","host":"h:1","path":"/own","route":"none","status":200,"outcome":"pass","trace":"pass","servedFrom":"upstream","detail":"authorization","duration":0.1,"bytes":5,"aborted":false,"msg":"request"}',
    expect: { target: '/own', authority: 'h:1', duration: 0.1, bytes: 5, hasUser: true },
  },
  {
    id: 'a line of text that something wrapped in JSON',
    line: `{"log":"127.0.0.1 - - [${CLF}] \\"GET /wrapped HTTP/1.1\\" 200 1\\n","stream":"stdout","level":"info"}`,
    expect: { target: '/wrapped', status: 200, time: AT },
  },
  { id: 'JSON of something else', line: '{"a":1}', expect: 'names no path' },
  { id: 'JSON cut short', line: '{"request_uri":"/a', expect: 'no JSON' },
  { id: 'a path', line: '/plain?x', expect: { method: 'GET', target: '/plain?x', authority: undefined } },
  {
    id: 'a URL behind a method',
    line: 'HEAD https://user:pw@X.example',
    expect: { method: 'HEAD', target: '/', authority: 'x.example' },
  },
  { id: 'a URL with a fragment', line: 'http://x.example/y#z', expect: { target: '/y' } },
  { id: 'another scheme', line: 'ftp://x.example/y', expect: 'neither a path' },
  { id: 'prose', line: 'not a line', expect: 'neither a path' },
];

t.test('lines, each with its own format', async (t) => {
  const { requests, reading } = await read(`\ufeff${LINES.map(({ line }) => line).join('\r\n')}`);
  const left = [...requests];
  const refused = LINES.filter(({ expect }) => typeof expect === 'string');
  for (const { id, expect } of LINES) if (typeof expect !== 'string') t.match(left.shift(), expect, id);
  t.equal(left.length, 0);
  t.equal(reading.unreadable, refused.length);
  t.equal(reading.lines, LINES.length);
  t.equal(requestsFound(reading), requests.length);
  for (const [i, { id, line, expect }] of refused.entries()) {
    const { requests, reading } = await read(line);
    t.same(requests, [], id);
    t.match(reading.examples[0]?.why, expect, id);
    const shown = reading.examples[0];
    if (i === 0) t.match(shown, { line: 1, text: line.slice(0, 20) });
  }
});

t.test('what tells of no request is skipped, and what cannot be read is shown', async (t) => {
  const bad = Array.from({ length: 9 }, (_, i) => `bad \u001b[2J ${i}`);
  const { reading } = await read(
    ['# comment', '', '{"level":"info","msg":"stopping"}', '/a', ...bad].join('\n'),
  );
  t.match(reading, { lines: 13, skipped: 3, unreadable: 9, found: { targets: 1 } });
  const text = describeReading(reading).join('\n');
  t.match(text, /^9 lines could not be read:\n.*:5: neither.*\n(.*\n){4} {2}… and 4 more$/);
  t.notMatch(text, '\u001b');
});

t.test('a line without end takes no memory', async (t) => {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  async function* pieces() {
    for (let i = 0; i < 64; i++) yield piece;
    yield Buffer.from('\n/after\n');
  }
  const lines: string[] = [];
  for await (const some of linesOf(pieces())) lines.push(...some);
  t.equal(lines[0]?.length, 64 * 1024 + 1);
  t.same(lines.slice(1), ['/after']);
  const { reading, requests } = await read(`/${'x'.repeat(70_000)}\n/after`);
  t.match(reading, { unreadable: 1, examples: [{ line: 1, why: 'longer than 65536 characters' }] });
  t.equal(requests.length, 1);
});

t.test('gzip by its bytes, one after the other, from a pipe byte by byte', async (t) => {
  const packed = Buffer.concat([gzipSync('/a\n/b'), gzipSync('\n/ü\n')]);
  const { requests } = await read(packed);
  t.same(
    requests.map(({ target }) => target),
    ['/a', '/b', '/ü'],
  );
  let text = '';
  const bytewise = Readable.from([...packed].map((byte) => Buffer.of(byte)));
  for await (const piece of openSource('-', bytewise)) text += piece.toString('latin1');
  t.equal(text, Buffer.from('/a\n/b\n/ü\n').toString('latin1'));
  await t.rejects(read(packed.subarray(0, packed.length - 9)), /can't be read to its end/);
  await t.rejects(read(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0])), /zstdcat/);
  await t.rejects(
    read(Buffer.alloc(0)).then(({ requests }) => Promise.reject(Error(`${requests.length}`))),
    /^0$/,
  );
});

t.test('sitemaps: what beside is named is read, nothing is fetched, entities are harmless', async (t) => {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  file(
    gzipSync(
      `${head}<urlset xmlns:image="urn:i"><url><loc> http://x.example/b?c=1&amp;d=2 </loc><image:image><image:loc>http://x.example/i.png</image:loc></image:image></url><url><loc><![CDATA[https://x.example/c]]></loc></url><url><loc>/d</loc></url></urlset>`,
    ),
    'part.xml.gz',
  );
  const index = file(
    `${head}<sitemapindex><sitemap><loc>https://x.example/maps/part.xml.gz?v=2</loc></sitemap><sitemap><loc>https://x.example/other.xml</loc></sitemap></sitemapindex>`,
  );
  const targets = openTargets(index);
  const found: string[] = [];
  for await (const { method, authority, target } of targets) found.push(`${method} ${authority} ${target}`);
  t.same(found, ['GET x.example /b?c=1&d=2', 'GET x.example /c']);
  t.match(targets.reading, {
    unreadable: 1,
    examples: [{ line: 2, why: '`loc` is no URL' }],
    elsewhere: ['https://x.example/other.xml'],
  });
  t.match(describeReading(targets.reading).join('\n'), /1 sitemaps .* not fetched:\n {2}https/);

  const entities = Array.from({ length: 30 }, (_, i) => `<!ENTITY a${i + 1} "${`&a${i};`.repeat(10)}">`).join(
    '',
  );
  const bomb = `<!DOCTYPE u [<!ENTITY a0 "x">${entities}]><urlset><url><loc>http://x.example/1</loc></url><url><loc>http://x.example/&a30;</loc></url><url><loc>http://x.example/2</loc></url></urlset>`;
  const bombed = await read(bomb);
  t.same(
    bombed.requests.map(({ target }) => target),
    ['/1'],
  );
  t.match(bombed.reading.examples, [{ why: 'not well-formed' }]);
  t.match((await read('<html><a/></html>')).reading.examples, [{ why: 'its root is `html`' }]);
  t.match((await read('<urlset><url>')).reading.examples, [{ why: 'not well-formed' }]);
});

t.test('targets to ask for are such as were asked for', async (t) => {
  const own = (path: string) =>
    `{"level":"info","time":1,"method":"GET","host":"h","path":"${path}","outcome":"hit","msg":"request"}`;
  const targets = openTargets(file(`${own('/a?token=[redacted]')}\n${own('/b')}\n`));
  const found: string[] = [];
  for await (const { target } of targets) found.push(target);
  t.same(found, ['/b']);
  t.match(targets.reading, { unreadable: 1, examples: [{ line: 1, why: 'left out' }] });
});

t.test('a file that is not there, and a folder', async (t) => {
  const drain = async (name: string) => {
    for await (const _ of openTargets(name)) t.fail();
  };
  await t.rejects(drain(join(folder, 'none')), { name: 'OperatorError', message: /there is no file/ });
  await t.rejects(drain(folder), { name: 'OperatorError', message: /is a folder/ });
});
