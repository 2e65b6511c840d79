import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { hangUp } from '../../scripts/demo/request.ts';
import { startCacheside, until } from '../fixtures/cacheside.ts';
import { startOrigin } from '../fixtures/origin.ts';

t.teardown(hangUp);

t.test('SIGTERM lets a slow response finish and takes no new one', async (t) => {
  let finish = () => {};
  const origin = await startOrigin((req, res) => {
    if (req.url !== '/slow') return void res.end();
    res.writeHead(200, { 'content-type': 'text/plain', 'content-length': 10 });
    res.write('first');
    finish = () => res.end('-last');
  });
  t.teardown(() => origin.close());
  const cacheside = await startCacheside(['--upstream', origin.url]);
  t.teardown(() => cacheside.stop());

  const answer = new Promise<string>((resolve, reject) => {
    get(`${cacheside.url}/slow`, { agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('error', reject);
      res.on('data', (chunk: string) => {
        text += chunk;
        if (text === 'first') cacheside.child.signal('SIGTERM');
      });
      res.on('end', () => resolve(text));
    }).on('error', reject);
  });
  await origin.received(1);
  await until(() =>
    cacheside.get('/new').then(
      () => false,
      () => true,
    ),
  );
  t.ok(cacheside.child.running, 'it waits for the response under way');
  const started = origin.requests.length;
  finish();
  t.equal(await answer, 'first-last');
  t.equal(await cacheside.child.exited, 0);
  t.equal(origin.requests.length, started);
});

t.test('a second SIGTERM does not wait', async (t) => {
  const origin = await startOrigin((req, res) => {
    if (req.url !== '/slow') return void res.end();
    res.write('never ends');
  });
  t.teardown(() => origin.close());
  const cacheside = await startCacheside(['--upstream', origin.url]);
  t.teardown(() => cacheside.stop());
  const cut = cacheside.get('/slow').then(
    () => false,
    () => true,
  );
  await origin.received(1);
  cacheside.child.signal('SIGTERM');
  await until(() =>
    cacheside.get('/new').then(
      () => false,
      () => true,
    ),
  );
  cacheside.child.signal('SIGTERM');
  t.ok(await cut, 'the client sees that its answer is not whole');
  await cacheside.child.exited;
});

t.test('SIGHUP reads the file again; a bad one changes nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cacheside-reload-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const origin = await startOrigin((_req, res, count) => void res.end(`answer ${count}`));
  t.teardown(() => origin.close());
  const file = join(folder, 'cacheside.yaml');
  const write = (mark: string, more = '') =>
    writeFile(
      file,
      `upstream: ${origin.url}
routes:
  - name: kept
    match: /kept
    ttl: 60s
  - name: marked
    match: /marked
    ttl: 60s
    response: { set: { X-Mark: ${mark} } }
${more}`,
    );
  await write('first');
  const cacheside = await startCacheside(['-c', file]);
  t.teardown(() => cacheside.stop());
  const mark = async () => (await cacheside.get('/marked')).headers['x-mark'];

  await cacheside.get('/kept');
  t.equal(await mark(), 'first');

  await write('second', 'rutes: []\n');
  cacheside.child.signal('SIGHUP');
  t.ok(await cacheside.child.line(/rutes/), 'the mistake is told');
  t.equal(await mark(), 'first', 'what ran goes on running');
  t.match(await cacheside.get('/kept'), { status: 200, cacheStatus: /hit/ });

  await write('third');
  cacheside.child.signal('SIGHUP');
  await until(async () => (await mark()) === 'third');
  t.match(await cacheside.get('/kept'), { text: 'answer 1', cacheStatus: /hit/ }, 'the cache is kept');
});
