import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { ESC, env, hits, json, origin, redis, routes, run, sidecar, store } from './client-house.ts';
import { PURGES } from './purge-rows.ts';
import { COMMAND } from './run.ts';
import { open } from './terminal.ts';

t.test('purge takes what it names, and says so', async (t) => {
  for (const { given, stdout, left } of PURGES) {
    await store('/products/1', '/products/2', '/other');
    const ran = await run(['purge', ...given]);
    t.equal(ran.code, 0, given.join(' '));
    t.match(ran.stdout, stdout);
    t.equal(ran.stderr, '');
    t.same(await hits('/products/1', '/products/2', '/other'), left);
  }
});

t.test('a purge that is repeated', async (t) => {
  const first = json(await run(['purge', '--tag', 'a', '--idempotency-key', 'k1', '--json']));
  const again = await run(['purge', '--tag', 'a', '--idempotency-key', 'k1']);
  t.match(again, { code: 0, stdout: /^applied before, as position \d+/ });
  t.match(again.stdout, `order ${first.order}`);
  t.match(await run(['purge', '--tag', 'b', '--idempotency-key', 'k1']), {
    code: 2,
    stdout: '',
    stderr: /refuses: This Idempotency-Key was used for another purge/,
  });
});

/** Nobody is sure of all replicas before a lease has passed. */
async function waitedFor(t: Test, ...wait: readonly string[]): Promise<void> {
  const ran = await run(['purge', '--tag', 'a', '--wait', ...wait]);
  t.match(ran.stdout, /\n {2}applied: shop-a\n/);
  const isSure = ran.stdout.includes('\nevery replica has applied it\n');
  if (!isSure) t.match(ran.stdout, /\nnot every replica is known to have applied it: /);
  t.equal(ran.code, isSure ? 0 : 3);
}

t.test('a purge that is waited for', (t) => waitedFor(t, '50ms'));

t.test('purging everything is asked about', async (t) => {
  const size = { columns: 80, rows: 24 };
  for (const [key, code] of [
    ['n', 1],
    ['y', 0],
  ] as const) {
    await store('/products/1');
    const session = open(['purge', '--all'], { env, size });
    await session.until(/Purge everything\? \d+ stored response/);
    session.type(key);
    t.equal((await session.ran).code, code, key);
    t.same(await hits('/products/1'), [key === 'n']);
  }
});

t.test('JSON is printed as it was sent', async (t) => {
  await store('/products/1');
  const explained = await sidecar.admin('/explain', { url: '/products/1', method: 'GET' });
  for (const [given, path] of [
    [['purges'], '/purges?limit=20'],
    [['keys'], '/keys?limit=20'],
    [['keys', '--prefix', '/products', '--limit', '3'], '/keys?limit=3&prefix=%2Fproducts'],
    [['stats'], '/stats'],
  ] as const) {
    const { stdout, code } = await run([...given, '--json']);
    const shape = (text: string) => JSON.stringify(JSON.parse(text), null, 2).replace(/-?\d[\d.e-]*/g, '0');
    t.equal(shape(stdout), shape((await sidecar.admin(path)).text), given.join(' '));
    t.ok(stdout.startsWith('{\n  "') && stdout.endsWith('}\n'), 'as it came');
    t.equal(code, 0);
  }
  const printed = json(await run(['explain', '/products/1', '--json']));
  t.same(Object.keys(printed), Object.keys(JSON.parse(explained.text)));
});

t.test('lists for people', async (t) => {
  await store('/products/7', '/products/7', '/private/1');
  const purges = await run(['purges', '--limit', '2']);
  t.match(purges.stdout, /^when +by +status +replicas +purged +order\n.*local +applied +1 of 1 +everything/);
  t.match(purges.stdout, /\nreplica +state +position +seen\n\S+ +live +\d+ +\S+ ago\n$/);
  const keys = await run(['keys']);
  t.match(keys.stdout, /\n +\d+ +\S+ ago +rest +response-private +http:\S+\/private\/1\n/);
  t.match(
    (await run(['keys', '--prefix', '/products/7'])).stdout,
    /200 .* products +http:\S+\/products\/7 +all\n/,
  );
  t.match(
    (await run(['stats'])).stdout,
    /^requests .*\nhit ratio .*\n[\s\S]*\nredis +ready .*[\s\S]*\nroute /,
  );
  const explained = await run(['explain', '/products/7']);
  t.match(explained, { code: 0, stderr: '' });
  t.match(explained.stdout, /^GET http:\S+\/products\/7\n/);
  t.match(explained.stdout, /\nNow\n {2}served from the cache {2}outcome hit {2}status 200/);
  t.match(explained.stdout, /\n {2}1 {2}products {2}\/products\/\* .*matches/);
  t.match(explained.stdout, /\n {2}memory +served {2}status 200 {2}fresh for 9m 59s/);
  t.match(explained.stdout, /cache-control: max-age=600 +allows/);
  const { request } = json(await run(['explain', '-H', 'X-A: de', '-H', 'x-a:en', '/', '--json']));
  const field = request.fields.find(({ name }: { readonly name: string }) => name === 'x-a');
  t.equal(field.value, 'de, en', 'fields of one name are one');
});

t.test('warm fetches what files name', async (t) => {
  const folder = t.testdir({
    'paths.txt': '/w/1\n/w/2\n/w/1\nPOST /w/3\n/private/w\n/broken/w\n/a%zz\nno path\n',
    'sitemap.xml':
      '<urlset><url><loc>https://shop.example/s/1</loc></url><url><loc>https://shop.example/s/2</loc></url></urlset>',
    'access.log.gz': gzipSync(
      ['/l/1', '/l/2', '/l/2', '/l/3']
        .map((path) => `192.0.2.1 - - [24/Nov/2026:00:00:00 +0000] "GET ${path} HTTP/1.1" 200 5 "-" "x"\n`)
        .join(''),
    ),
  });
  const ran = await run(['warm', `${folder}/paths.txt`]);
  t.match(ran, { code: 3, stderr: /1 line could not be read[\s\S]*1 request of other methods/ });
  t.match(ran.stdout, /^5 URLs, in .*: 2 stored, 0 there already, 1 not stored, 2 failed\n/);
  t.match(ran.stdout, /not stored:\n {2}1 response-private\nfailed:\n/);
  t.match(ran.stdout, /\n {2}\/a%zz: is not a target that a request could have\.\n/);
  t.match(ran.stdout, /\n {2}\/broken\/w: 502 /);
  t.match(await run(['warm', `${folder}/paths.txt`, '--json', '--limit', '2']), { code: 0 });
  t.same(await hits('/w/1', '/w/2'), [true, true]);

  const asked = origin.requests.length;
  const most = json(await run(['warm', `${folder}/access.log.gz`, '--limit', '1', '--json']));
  t.match(most, { requested: 1, stored: 1, hit: 0, notStored: 0, failed: 0 });
  t.same(
    origin.requests.slice(asked).map(({ url }) => url),
    ['/l/2'],
    'what was asked for most',
  );

  t.match(await run(['warm', `${folder}/sitemap.xml`]), { code: 0, stdout: /^2 URLs.* 2 stored/ });
  const host = { headers: { host: 'shop.example' } };
  t.match((await sidecar.ask('/s/1', host)).cacheStatus, /; hit/, 'under the host of the sitemap');
  t.match(await run(['warm', `${folder}/sitemap.xml`, '--host', 'other.example']), { stdout: / 2 stored/ });
});

t.test('warm keeps to a rate, and stops when it is told to', async (t) => {
  const list = Array.from({ length: 400 }, (_, i) => `/many/${i}`).join('\n');
  const file = `${t.testdir({ list })}/list`;
  const size = { columns: 90, rows: 24 };
  const session = open(['warm', file, '--rate', '100'], { env, size });
  await session.until(/warming.*\d+ of 400/s);
  session.interrupt();
  const { code, stdout } = await session.ran;
  t.equal(code, 3);
  const [, count, took] =
    /(\d+) URLs of 400, and then stopped, in (\d+)ms/.exec(stdout.replace(/ (\d)s/, ' $1000ms')) ?? [];
  t.ok(Number(count) >= 10 && Number(count) <= 10 + Number(took) / 10, `${count} in ${took} ms`);
});

t.test('reload', async (t) => {
  await sidecar.reload(routes(', ttl: 1m'));
  t.match(await run(['reload']), { code: 0, stdout: 'reloaded: 2 routes: products, rest\n', stderr: '' });
  t.match(json(await run(['reload', '--json'])), { status: 'reloaded', routes: ['products', 'rest'] });
  await t.rejects(sidecar.reload(routes(', tll: 1m')));
  t.match(await run(['reload']), {
    code: 2,
    stdout: '',
    stderr:
      /not reloaded, the running configuration stays:\n.*unknown key `tll` – did you mean `ttl`\?\n1 problem\n$/,
  });
  await sidecar.reload(routes());
});

t.test('stats --watch', async (t) => {
  const watch = ['stats', '--watch', '--interval', '250ms'];
  t.test('on a terminal it is drawn in place, until q', async (t) => {
    for (const [columns, rows] of [
      [100, 40],
      [44, 12],
    ] as const) {
      await store('/products/1');
      const session = open(watch, { env, size: { columns, rows } });
      await session.until(new RegExp(`q ends[^]*hit ratio[^]*${ESC}\\[\\?2026h`));
      session.type('q');
      const { code, stdout } = await session.ran;
      t.equal(code, 0);
      const [first = ''] = stdout.split(`${ESC}[?2026l`);
      const drawn = first.split(`${ESC}[?2026h`).at(-1)?.split('\n') ?? [];
      t.ok(drawn.length <= rows, `${drawn.length} lines`);
      const told = new RegExp(`${ESC}\\[[\\d;?]*[A-Za-z]`, 'g');
      const widths = drawn.map((line) => [...line.replace(told, '')].length);
      t.ok(Math.max(...widths) <= columns, `${Math.max(...widths)} columns`);
      t.same(session.raw, [true, false], 'keys are read as they come, and no more');
      t.ok(stdout.startsWith(`${ESC}[?25l`) && stdout.endsWith(`${ESC}[?25h`), 'the cursor is back');
    }
  });
  t.test('without colours where nobody wants them', async (t) => {
    const size = { columns: 100, rows: 40 };
    const session = open(watch, { env: { ...env, NO_COLOR: '1' }, size });
    await session.until(/hit ratio/);
    session.interrupt();
    t.notMatch((await session.ran).stdout, new RegExp(`${ESC}\\[[\\d;]*m`));
  });
  t.test('elsewhere it is a line a time, or a document', async (t) => {
    const session = open(watch, { env });
    await session.until(/\n.*\n/);
    session.interrupt();
    const { stdout, code } = await session.ran;
    t.equal(code, 0);
    t.match(stdout, /^\d{4}-\S+Z {2}\S+ \/s {2}hit ratio .* redis ready {2}purges heard/);
    const documents = open([...watch, '--json'], { env });
    await documents.until(/\n.*\n/);
    documents.interrupt();
    for (const line of (await documents.ran).stdout.trim().split('\n'))
      t.match(JSON.parse(line), { now: Number, stats: { requests: Number }, window: { duration: Number } });
  });
});

t.test('as a process on a terminal of its own', async (t) => {
  const command = `stty sane rows 24 cols 80; ${COMMAND} stats --watch; echo ended with $?; stty -a`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...process.env, ...env, TERM: 'xterm' },
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (/hit ratio/.test(shown)) child.stdin.end('q');
  });
  await once(child, 'close');
  t.match(shown, new RegExp(`hit ratio[^]*${ESC}\\[\\?25hended with 0\r\n[^]* icanon[^]* echo `));
});

t.test('in a pipe: standard input is read, and who has read enough ends it', async (t) => {
  const warm = `printf '/p/1\\n/p/2\\n' | ${COMMAND} warm - --json`;
  const watch = `${COMMAND} stats --watch --json -i 250ms | head -n 1 | wc -l; echo "\${PIPESTATUS[@]}"`;
  const shell = ['-c', `${warm}; ${watch}`];
  const { stdout } = await promisify(execFile)('bash', shell, { env: { ...process.env, ...env } });
  t.match(stdout, /"stored": 2,[\s\S]*\n1\n0 0 0\n$/);
});

t.test('a purge that is waited for later', (t) => waitedFor(t));

t.test('a purge that Redis has not taken is pending', async (t) => {
  await redis.kill();
  const ran = await run(['purge', '--tag', 'all', '--wait', '1s']);
  t.equal(ran.code, 3);
  t.match(
    ran.stdout,
    /^pending: applied here alone, and not confirmed by Redis yet: [\s\S]*it reaches the other replicas once/,
  );
  const { stdout } = await run(['purges']);
  t.match(stdout, / pending /);
  t.match(stdout, /this is what was known before/);
});
