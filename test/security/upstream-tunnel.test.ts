import t from 'tap';
import { startSidecar } from '../fixtures/sidecar.ts';
import { FIN, isDropped, PAUSE, RESET, type Script, startScriptedUpstream } from './upstream-script.ts';

const L = 'Content-Length: 5\r\n';
const SWITCH = 'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: x\r\n';
const refuse = (more: string, body = 'hello') => `HTTP/1.1 403 No\r\n${more}\r\n${body}`;

/** What the upstream answers to a request to switch protocols, and all that the client gets before its connection ends. */
const ROWS: Record<string, readonly [sends: Script, expects: RegExp, never?: string]> = {
  'a switch': [[`${SWITCH}\r\nhello`, FIN], /^HTTP\/1\.1 101 [\s\S]*\r\n\r\nhello$/],
  'a refusal': [[refuse(L)], /^HTTP\/1\.1 403 [\s\S]*\r\n\r\nhello$/],
  'an interim answer first': [
    [`HTTP/1.1 103 E\r\nX: y\r\n\r\n${refuse(L)}`],
    /^HTTP\/1\.1 403 [\s\S]*hello$/,
  ],
  'bytes beyond ASCII': [[`${SWITCH}X: \xe9\xff\r\n\r\n`, FIN], /X: \xe9\xff\r\n/],
  'a CTL in a field of a switch': [[`${SWITCH}X: a\x01b\r\n\r\n`, FIN], /^HTTP\/1\.1 502 /],
  'a CTL in a field of a refusal': [[refuse(`${L}X: a\x01b\r\n`)], /^HTTP\/1\.1 502 /],
  'a CTL in the reason': [
    [`${SWITCH.replace('101 S', '101 a\x01b')}\r\n`, FIN],
    /^HTTP\/1\.1 (?:101|502) /,
    '\x01',
  ],
  'a NUL in the reason': [[`HTTP/1.1 403 a\0b\r\n${L}\r\nhello`], /^HTTP\/1\.1 (?:403|502) /, '\0'],
  'a bare CR in a value': [[`${SWITCH}X: a\rSet-Cookie: b\r\n\r\n`, FIN], /^HTTP\/1\.1 502 /],
  'a bare LF in a value': [[`${SWITCH}X: a\nSet-Cookie: b\r\n\r\n`, FIN], /^HTTP\/1\.1 502 /],
  'two lengths': [[refuse(`${L}Content-Length: 4\r\n`)], /^HTTP\/1\.1 502 /],
  'both framings': [[refuse(`${L}Transfer-Encoding: chunked\r\n`, '0\r\n\r\n')], /^HTTP\/1\.1 502 /],
  'another coding': [[refuse('Transfer-Encoding: gzip\r\n'), FIN], /^HTTP\/1\.1 502 /],
  'another coding, in chunks': [
    [refuse('Transfer-Encoding: gzip, chunked\r\n', '5\r\nhello\r\n0\r\n\r\n')],
    /^HTTP\/1\.1 502 /,
  ],
  'HTTP/2.0': [[refuse(L).replace('1.1', '2.0'), FIN], /^HTTP\/1\.1 502 /],
  'a switch in HTTP/2.0': [[`${SWITCH.replace('1.1', '2.0')}\r\n`], /^HTTP\/1\.1 502 /],
  'a status below 100': [[refuse(L).replace('403', '099'), FIN], /^HTTP\/1\.1 502 /],
  garbage: [['garbage\r\n\r\n', FIN], /^HTTP\/1\.1 502 /],
  'a head of 70 KiB': [[refuse(`${L}X: ${'x'.repeat(70_000)}\r\n`)], /^HTTP\/1\.1 502 /],
  '2,000 lines, and one more': [[refuse(`${L}${'X: y\r\n'.repeat(2_000)}X-Last: z\r\n`)], /X-Last: z/],
  'half a head': [['HTTP/1.1 101 S\r\nX: ', FIN], /^HTTP\/1\.1 502 /],
  'half a head, and a reset': [['HTTP/1.1 101 S\r\nX: ', PAUSE, RESET], /^HTTP\/1\.1 502 /],
  'no head': [[], /^HTTP\/1\.1 504 /],
  'half a body': [[refuse(L, 'hel'), FIN], /\r\n\r\nhel$/],
  'half a body, and silence': [[refuse(L, 'hel')], /\r\n\r\nhel$/],
  'half a chunked body, and silence': [
    [refuse('Transfer-Encoding: chunked\r\n', '5\r\nhel')],
    /\r\n\r\nhel$/,
  ],
  'two responses': [[`${refuse(L)}${refuse(L, 'wrong')}`], /^HTTP\/1\.1 403 [\s\S]*\r\n\r\nhello$/],
  'another protocol than was asked for': [
    [`${SWITCH.replace('Upgrade: x', 'Upgrade: y')}\r\n`, FIN],
    /^HTTP\/1\.1 (?:101|502) /,
  ],
};

t.test('what is answered to a request to switch protocols', async (t) => {
  const upstream = await startScriptedUpstream();
  t.teardown(() => upstream.close());
  const sidecar = await startSidecar(
    upstream.url,
    `upstream: { url: '${upstream.url}', head-timeout: 800ms, idle-timeout: 800ms, breaker: off }\n`,
  );
  t.teardown(() => sidecar.close());
  const all = Object.entries(ROWS);
  await Promise.all(
    all.map(async ([id, [sends, expects, never]], i) => {
      upstream.scripts.set(`/${i}`, [sends]);
      const wire = sidecar.connect();
      wire.send(`GET /${i} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n`);
      const text = await wire.closed.catch((error: Error) => `${error.message}`);
      t.match(text, expects, id);
      if (never !== undefined) t.notOk(text.includes(never), id);
      const { socket } = upstream.played.find(({ path }) => path === `/${i}`) ?? {};
      t.ok(socket && (await isDropped(socket)), `${id}: its connection`);
    }),
  );
  t.match(await sidecar.ask('/next'), { text: 'clean' });
});
