import t from 'tap';
import { pause, start } from '../proxy/start.ts';

const HOST = 'Host: a.test\r\n';

/** What never gets in, and whether it counts as a request. */
const GIVEN: readonly { id: string; given: string; status: number; counts: number }[] = [
  { id: 'dot segments', given: `GET /a/../b HTTP/1.1\r\n${HOST}\r\n`, status: 400, counts: 1 },
  { id: 'what cannot be read', given: 'nonsense\r\n\r\n', status: 400, counts: 1 },
  { id: 'TRACE', given: `TRACE / HTTP/1.1\r\n${HOST}\r\n`, status: 405, counts: 1 },
  { id: 'a head that does not end', given: 'GET / HT', status: 408, counts: 1 },
  { id: 'nothing at all', given: '', status: 408, counts: 0 },
  {
    id: 'a target too long',
    given: `GET /${'a'.repeat(9_000)} HTTP/1.1\r\n${HOST}\r\n`,
    status: 414,
    counts: 1,
  },
  { id: 'an expectation', given: `GET / HTTP/1.1\r\n${HOST}Expect: x\r\n\r\n`, status: 417, counts: 1 },
  {
    id: 'too many lines',
    given: `GET / HTTP/1.1\r\n${HOST}${'X: 1\r\n'.repeat(100)}\r\n`,
    status: 431,
    counts: 1,
  },
  { id: 'CONNECT', given: 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n', status: 501, counts: 1 },
  {
    id: 'an upgrade with two Hosts',
    given: `GET / HTTP/1.1\r\n${HOST}${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    status: 400,
    counts: 1,
  },
  { id: 'HTTP/2', given: `GET / HTTP/2.0\r\n${HOST}\r\n`, status: 505, counts: 1 },
];

for (const fast of [true, false]) {
  t.test(`what is refused at the door is counted, ${fast ? 'fast door' : 'node:http'}`, async (t) => {
    const { origin, sidecar } = await start(
      t,
      `fast-door: ${fast}\nclients: { head-timeout: 100ms }\n`,
      (_req, res) => void res.end(),
    );
    const requests = async (): Promise<{ requests: number; refused: number }> => {
      const { requests, outcomes } = JSON.parse((await sidecar.admin('/stats')).text);
      return { requests, refused: outcomes.refused };
    };
    for (const { id, given, status, counts } of GIVEN) {
      const before = await requests();
      const wire = sidecar.connect();
      wire.send(given);
      t.match(await wire.closed, new RegExp(`^HTTP/1\\.1 ${status} `), id);
      const after = await requests();
      t.same([after.requests - before.requests, after.refused - before.refused], [counts, counts], id);
    }
    t.same(origin.requests, []);
  });
}

/** What a client sends before it ends its side: all that it is told, and whether that counts as refused. */
const ENDED: readonly { id: string; given: string; status?: number }[] = [
  { id: 'nothing', given: '' },
  { id: 'two letters', given: 'GE', status: 400 },
  { id: 'half a head', given: `GET / HTTP/1.1\r\n${HOST}X: `, status: 400 },
  { id: 'a head without its last byte', given: `GET / HTTP/1.1\r\n${HOST}\r`, status: 400 },
];

for (const fast of [true, false]) {
  t.test(`what ends in the middle of a head, ${fast ? 'fast door' : 'node:http'}`, async (t) => {
    let release = () => {};
    const { origin, sidecar } = await start(t, `fast-door: ${fast}\n`, (req, res) => {
      res.setHeader('cache-control', 'max-age=60');
      const answer = () => void res.end(`<${req.url}>`);
      if (req.url === '/wait') release = answer;
      else answer();
    });
    const refused = async (): Promise<number> =>
      JSON.parse((await sidecar.admin('/stats')).text).outcomes.refused ?? 0;
    const get = (path: string) => `GET ${path} HTTP/1.1\r\n${HOST}\r\n`;
    for (const { id, given, status } of ENDED) {
      for (const before of ['', '/hit', '/hit /hit']) {
        const was = await refused();
        const wire = sidecar.connect();
        const paths = before.split(' ').filter((path) => path !== '');
        wire.send(paths.map(get).join(''));
        await wire.until((text) => (text.match(/<[/]hit>/g)?.length ?? 0) === paths.length);
        const answered = wire.text.length;
        wire.socket.end(given, 'latin1');
        const rest = (await wire.closed).slice(answered);
        if (status === undefined) t.equal(rest, '', id);
        else t.match(rest, new RegExp(`^HTTP/1\\.1 ${status} [^]*could not be read`), id);
        t.equal((await refused()) - was, status === undefined ? 0 : 1, `${id}: counted`);
      }
    }
    // Behind an answer under way: what was begun is not there, what came before is still answered.
    for (const [behind, expected] of [
      ['', null],
      [get('/b'), null],
      ['GE', ['</wait>']],
      [`${get('/b')}GET /c HT`, ['</wait>', '</b>']],
      [`${get('/b')}${get('/c')}H`, ['</wait>', '</b>', '</c>']],
    ] as const) {
      const [was, asked] = [await refused(), origin.requests.length];
      const wire = sidecar.connect();
      wire.send(`GET /wait HTTP/1.1\r\n${HOST}Cache-Control: no-store\r\n\r\n${behind}`);
      await origin.received(asked + 1);
      await pause(20);
      wire.socket.end();
      await pause(20);
      release();
      t.same((await wire.closed).match(/<.*>/g), expected, JSON.stringify(behind));
      t.equal(await refused(), was);
    }
  });
}
