import { once } from 'node:events';
import { createServer as createHttp, get, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';
import t, { type Test } from 'tap';
import { running, TOKENS } from '../admin/running.ts';
import { open } from './terminal.ts';

const [reader, deploy] = TOKENS;
const run = (args: readonly string[], env: Record<string, string> = {}) => open(args, { env }).ran;

async function listening(t: Test, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (t: Test, listener: RequestListener) => listening(t, createHttp(listener));

t.test('tokens', async (t) => {
  const { port } = await running(t);
  const at = ['--admin', `:${port}`];
  const folder = t.testdir({ token: `${reader.token}\n`, empty: '\n', odd: 'a b' });
  const own = (name: string) => ({ CACHESIDE_TOKEN: name });
  t.match(await run(['purges', ...at], own(reader.token)), { code: 0, stderr: '' });
  t.match(
    await run(['purges', ...at, '--token-file', `${folder}/token`], own('wrong')),
    { code: 0 },
    'goes first',
  );
  for (const [args, env, code, stderr] of [
    [['purges'], {}, 1, /wants a token – set CACHESIDE_TOKEN, or .* --token-file/],
    [['purges'], own('wrong'), 1, /does not know this token/],
    [
      ['purge', '--tag', 'x'],
      own(reader.token),
      1,
      /lacks the scope "purge"\. – the scopes .* admin\.tokens/,
    ],
    [['purges'], own('a\nb'), 2, /^cacheside: CACHESIDE_TOKEN: a token is one word/],
    [['purges', '--token-file', `${folder}/odd`], {}, 2, /--token-file .*odd: a token is one word/],
    [['purges', '--token-file', `${folder}/empty`], {}, 2, /--token-file: .* is empty/],
    [['purges', '--token-file', `${folder}/none`], {}, 2, /--token-file: cannot be read: ENOENT/],
    [['purge', '--route', 'prodct'], own(deploy.token), 2, /no route "prodct" – did you mean `product`\?/],
  ] as const) {
    const ran = await run([...args, ...at], env);
    t.match(ran, { code, stdout: '', stderr });
    t.match(ran.stderr, /^cacheside: [^\n]*\n$/, 'one sentence');
  }
  for (let i = 0; i < 10; i++) await run(['purges', ...at], own('wrong'));
  t.match(await run(['purges', ...at], own('wrong')), {
    code: 1,
    stderr: /Too many calls .* – try again in \d+ s/,
  });
});

t.test('what is no admin port', async (t) => {
  const gone = createTcp();
  const nobody = await listening(t, gone);
  gone.close();
  const page = await answering(t, (_, res) => res.end('<p>hello'));
  const other = await answering(t, (_, res) => res.end('{"purges": 1}'));
  const missing = await answering(t, (_, res) => res.writeHead(404).end('nothing here'));
  const silent = await answering(t, () => {});
  const halfway = await answering(t, (_, res) => res.writeHead(200, { 'content-length': '9' }).write('{'));
  const closing = await listening(
    t,
    createTcp((socket) => socket.destroy()),
  );
  const odd = await listening(
    t,
    createTcp((socket) => socket.end('SSH-2.0-x\r\n')),
  );
  const tls = page.replace('http:', 'https:');
  for (const [at, code, stderr] of [
    [nobody, 1, /no admin port at http:\S+ – is Cacheside running there\? .* --admin URL or CACHESIDE_ADMIN/],
    [page, 1, /is no admin port of Cacheside.* the port of the proxy\?/],
    [other, 1, /is no admin port of Cacheside, or of another version \(asked for \/purges/],
    [missing, 1, /is no admin port of Cacheside/],
    [silent, 1, /did not answer within 100ms .* --timeout/],
    [halfway, 1, /did not answer within 100ms/],
    [closing, 1, /closed the connection/],
    [odd, 1, /does not speak HTTP/],
    [tls, 1, /speaks no TLS – write http:\/\//],
    ['http://no.such.host.invalid', 1, /no\.such\.host\.invalid is not known/],
    ['ftp://127.0.0.1', 2, /--admin: write the URL of the admin port/],
    ['http://a:b@127.0.0.1', 2, /a token stands in CACHESIDE_TOKEN/],
  ] as const) {
    t.match(await run(['purges', '--admin', at, '--timeout', '100ms']), { code, stdout: '', stderr }, at);
  }
  const ended = await answering(t, (_, res) => {
    res
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .end('event: live\ndata: {"window":{"duration":0}}\n\n');
  });
  t.match(await run(['stats', '--watch', '--admin', ended]), { code: 1, stderr: /ended the stream/ });
  t.match(await run(['stats', '--watch', '--admin', page]), { code: 1, stderr: /no admin port/ });
});

t.test('a live view outlasts the sidecar', async (t) => {
  const { port } = await running(t);
  const tokens = { CACHESIDE_TOKEN: reader.token };
  let streams = 0;
  const fleeting = await answering(t, (req, res) => {
    streams++;
    const live = get({ port, path: req.url, headers: req.headers }, (body) => {
      res.writeHead(200, body.headers);
      body.once('data', (event) => {
        res.end(event);
        live.destroy();
      });
    });
    live.on('error', () => {});
  });
  const args = ['stats', '--watch', '--admin', fleeting];
  const session = open(args, { env: tokens, size: { columns: 120, rows: 40 } });
  await session.until(/hit ratio[\s\S]*asking again: \S+ ended the stream[\s\S]*every 1s/);
  session.type('q');
  t.equal((await session.ran).code, 0);
  t.ok(streams >= 2);
});

t.test('bad usage', async (t) => {
  for (const [given, stderr] of [
    ['purge', /nothing is named to purge: give --url, .* or --all/],
    ['purge --all', /say --yes where nobody can be asked/],
    ['purge --group g', /name it, as in --origin http:\/\/shop\.example/],
    ['purge --tag a --origin http://a', /--origin belongs to a --group/],
    ['purge --tag a --dry-run --wait', /--dry-run purges nothing that --wait could wait for/],
    ['purge --tag a --wait 2', /--wait: `2` has no unit – write `2s`/],
    ['purge --tagg a', /unknown option '--tagg'[\s\S]*--help/],
    ['purges --limit 501', /--limit: it must be a whole number from 1 to 500/],
    ['stats --interval 0s', /--interval: it must be more than 0/],
    ['warm', /missing required argument 'file'/],
    ['warm x --rate fast', /--rate: write how many a second/],
    ['warm x --concurrency 33', /from 1 to 32/],
    ['warm x --scheme ftp', /Allowed choices are http, https/],
    ['explain /x -H nonsense', /-H: write a field as 'Name: value', not "nonsense"/],
    ['completion tcsh', /Allowed choices are bash, zsh, fish/],
  ] as const) {
    t.match(
      await run(given.split(' '), { CACHESIDE_ADMIN: '127.0.0.1:1' }),
      { code: 2, stdout: '', stderr },
      given,
    );
  }
  const file = `${t.testdir({ list: '/a\n', nothing: '#\n' })}`;
  t.match(await run(['warm', `${file}/list`, '--host', 'a/b']), { code: 2, stderr: /--host: write it as/ });
  t.match(await run(['warm', `${file}/list`, '--scheme', 'https']), {
    code: 2,
    stderr: /name it with --host/,
  });
  t.match(await run(['warm', `${file}/nothing`]), { code: 1, stderr: /names nothing to fetch/ });
});

t.test('check as JSON', async (t) => {
  const folder = t.testdir({
    'good.yaml':
      'upstream: http://127.0.0.1:3000\nroutes: [{ name: a, match: "GET /a/:id", ttl: 5m, tags: ["a-{id}"] }]\n',
    'bad.yaml': 'upstream: http://127.0.0.1:3000\nlisen: 1\n',
  });
  const good = await run(['check', '--json', `${folder}/good.yaml`]);
  t.equal(good.code, 0);
  t.match(JSON.parse(good.stdout), {
    ok: true,
    upstream: 'http://127.0.0.1:3000',
    routes: [
      { route: 'a', match: 'GET /a/:id', when: null, cache: true, ttl: '5m', tags: ['a-{id}'], purge: [] },
    ],
  });
  const bad = await run(['check', '--json', `${folder}/bad.yaml`]);
  t.match(bad, { code: 2, stderr: '' });
  t.match(JSON.parse(bad.stdout), { ok: false, problems: [{ line: 2, column: 1, path: 'lisen' }] });
});
